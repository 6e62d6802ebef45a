//! The table of `docs/backend-api.md`, made from the declarations.

use ironclerk_api::namespaces::{NAMESPACES, Namespace};
use ironclerk_api::{ENDPOINTS, EndpointInfo};

const PAGE: &str = include_str!("../../../docs/backend-api.md");
/// What stands before and after the table.
const BEGIN: &str = "<!-- The table is written by crates/api/tests/methods.rs. -->\n\n";

fn endpoints() -> impl Iterator<Item = &'static EndpointInfo> {
    ENDPOINTS.iter().copied().flatten()
}

/// The operations of a namespace, in the order in which they are declared.
fn of(namespace: &Namespace) -> impl Iterator<Item = &'static EndpointInfo> {
    endpoints().filter(|endpoint| {
        endpoint
            .call
            .is_some_and(|call| call.namespace == *namespace)
    })
}

fn table() -> String {
    let mut table = "| JavaScript | Rust | HTTP |\n|---|---|---|\n".to_owned();
    for endpoint in NAMESPACES.iter().flat_map(of) {
        let Some(call) = endpoint.call else { continue };
        let javascript = call.javascript_calls().map(|call| format!("`{call}`"));
        let not_served = if endpoint.is_served() { "" } else { " ¹" };
        table += &format!(
            "| {} | `{}` | `{} {}`{not_served} |\n",
            javascript.collect::<Vec<_>>().join(", "),
            call.rust_call(),
            endpoint.method,
            endpoint.path,
        );
    }
    table
}

#[test]
fn the_page_has_every_method() {
    let (head, _) = PAGE.split_once(BEGIN).unwrap();
    let page = format!("{head}{BEGIN}{}", table());
    if std::env::var_os("IRONCLERK_UPDATE").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/backend-api.md");
        std::fs::write(file, &page).unwrap();
    }
    assert!(
        page == PAGE,
        "docs/backend-api.md is out of date; IRONCLERK_UPDATE=1 writes it anew"
    );
}

#[test]
fn every_operation_has_a_method_of_its_own() {
    let mut calls = Vec::new();
    for endpoint in endpoints() {
        match endpoint.call {
            Some(call) => calls.push(call.rust_call()),
            // The older name of another.
            None => assert_eq!(endpoint.name, "UpdateProductionInstanceDomain"),
        }
    }
    calls.sort();
    let all = calls.len();
    calls.dedup();
    assert_eq!(calls.len(), all);
    for namespace in NAMESPACES {
        assert!(
            of(namespace).next().is_some(),
            "{} is empty",
            namespace.name
        );
    }
}
