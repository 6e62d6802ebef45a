//! No room for what is written.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;

use ironclerk::api::id::UserId;
use ironclerk::api::users::CreateUser;
use ironclerk_test_support::{Backend, TestDatabase};

use crate::process::{Process, all_users, assert_unavailable};

const WRITERS: usize = 4;

/// No file of a process can grow beyond this many bytes, as if the disk were full then.
fn limit_files(process: &Process, bytes: &str) {
    let limited = Command::new("prlimit")
        .args(["--pid", &process.id().to_string()])
        .arg(format!("--fsize={bytes}:unlimited"))
        .status();
    assert!(limited.expect("prlimit, of util-linux").success());
}

fn write_ahead_log(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn user(name: String) -> CreateUser {
    CreateUser {
        email_address: vec![format!("{name}@example.com")],
        username: Some(name),
        ..Default::default()
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let database = TestDatabase::new(Backend::Sqlite).unwrap();
    let file = database.file().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut process = Process::start(&database.url());
    let client = process.client();
    let mut acknowledged: Vec<UserId> = Vec::new();
    for round in 0..2 {
        let first = runtime.block_on(
            client
                .users()
                .create(&user(format!("before_{round}")))
                .into_future(),
        );
        acknowledged.push(first.expect("there is room").id);

        let size = write_ahead_log(file).metadata().unwrap().len();
        limit_files(&process, &(size + 100_000).to_string());
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let client = client.clone();
                runtime.spawn(async move {
                    let mut acknowledged = Vec::new();
                    for number in 0..1000 {
                        let user = user(format!("r{round}_w{writer}_{number}"));
                        match client.users().create(&user).await {
                            Ok(user) => acknowledged.push(user.id),
                            Err(error) => {
                                assert_unavailable(error);
                                return acknowledged;
                            }
                        }
                    }
                    panic!("the disk is never full");
                })
            })
            .collect();
        for writer in writers {
            acknowledged.extend(runtime.block_on(writer).unwrap());
        }

        // Who only reads does not notice.
        for id in &acknowledged {
            runtime
                .block_on(client.users().get(id.clone()).into_future())
                .unwrap();
        }
        let refused = runtime.block_on(
            client
                .users()
                .create(&user("no_room".to_owned()))
                .into_future(),
        );
        assert_unavailable(refused.unwrap_err());
        assert!(process.is_alive());
        limit_files(&process, "unlimited");
    }
    let last = runtime.block_on(
        client
            .users()
            .create(&user("after".to_owned()))
            .into_future(),
    );
    acknowledged.push(last.expect("there is room again").id);
    process.kill();

    assert_eq!(database.sql("PRAGMA integrity_check").unwrap(), "ok");
    assert_eq!(database.sql("PRAGMA foreign_key_check"), None);
    let process = Process::start(&database.url());
    let users = runtime.block_on(all_users(&process.client()));
    // What was refused has not happened.
    let there: Vec<_> = users.iter().map(|user| &user.id).collect();
    assert_eq!(there.len(), acknowledged.len());
    assert!(acknowledged.iter().all(|id| there.contains(&id)));
    assert!(users.iter().all(|user| user.email_addresses.len() == 1));
}
