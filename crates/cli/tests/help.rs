//! What `--help` says, word by word.

use std::process::Command;

#[test]
fn help() {
    for command in [
        "",
        "dev",
        "serve",
        "keys",
        "keys list",
        "keys rotate",
        "keys remove",
        "token",
        "jwt",
        "jwt decode",
        "jwt verify",
        "api",
        "upgrade",
        "completions",
    ] {
        if cfg!(not(feature = "server"))
            && [
                "",
                "dev",
                "serve",
                "keys",
                "keys list",
                "keys rotate",
                "keys remove",
            ]
            .contains(&command)
        {
            continue;
        }
        if cfg!(not(feature = "upgrade")) && ["", "upgrade"].contains(&command) {
            continue;
        }
        let output = Command::new(env!("CARGO_BIN_EXE_ironclerk"))
            .args(command.split_whitespace())
            .arg("--help")
            .env_clear()
            .output()
            .expect("the command runs");
        assert!(output.status.success());
        let name = format!("help_{}", command.replace(' ', "_"));
        insta::assert_snapshot!(name, String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn operations_are_listed() {
    for (part, name) in [("", "api_ls"), ("machineS", "api_ls_machines")] {
        let output = Command::new(env!("CARGO_BIN_EXE_ironclerk"))
            .args(["api", "ls", part])
            .env_clear()
            .output()
            .expect("the command runs");
        assert!(output.status.success());
        insta::assert_snapshot!(name, String::from_utf8_lossy(&output.stdout));
    }
    let output = Command::new(env!("CARGO_BIN_EXE_ironclerk"))
        .args(["api", "ls", "nothing"])
        .env_clear()
        .output()
        .expect("the command runs");
    assert!(!output.status.success() && output.stdout.is_empty());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("no operation has \"nothing\""), "{error}");
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = Command::new(env!("CARGO_BIN_EXE_ironclerk"))
            .args(["completions", shell])
            .output()
            .expect("the command runs");
        let script = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && script.contains("token"),
            "{shell}"
        );
    }
}
