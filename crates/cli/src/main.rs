//! The `ironclerk` command.

mod api;
#[cfg(feature = "server")]
mod beginning;
mod connection;
#[cfg(feature = "server")]
mod dev;
#[cfg(feature = "server")]
mod instance_lock;
mod jwt;
#[cfg(feature = "server")]
mod keys;
mod output;
#[cfg(feature = "server")]
mod serve;
mod token;
#[cfg(feature = "upgrade")]
mod upgrade;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// Clerk on one machine: a local server, tokens, and calls of the Backend API.
///
/// `ironclerk dev` starts a Clerk of your own with a demo user and an application that it
/// protects. The other commands talk to it without configuration while they are run in the same
/// folder, and to any other Clerk through CLERK_SECRET_KEY and CLERK_API_URL. `ironclerk upgrade`
/// needs no Clerk at all: it finds Core 1 code in a JavaScript codebase and rewrites it.
///
/// IronClerk is independent of Clerk Inc.
#[derive(Parser)]
#[command(name = "ironclerk", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[cfg(feature = "server")]
    Dev(dev::Arguments),
    #[cfg(feature = "server")]
    Serve(serve::Arguments),
    #[cfg(feature = "server")]
    Keys(keys::Arguments),
    Token(token::Arguments),
    Jwt(jwt::Arguments),
    Api(api::Arguments),
    #[cfg(feature = "upgrade")]
    Upgrade(upgrade::Arguments),
    /// Print the completion script of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        #[cfg(feature = "server")]
        Command::Dev(arguments) => dev::run(&arguments),
        #[cfg(feature = "server")]
        Command::Serve(arguments) => serve::run(&arguments),
        #[cfg(feature = "server")]
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Token(arguments) => token::run(&arguments),
        Command::Jwt(arguments) => jwt::run(&arguments),
        Command::Api(arguments) => api::run(&arguments),
        #[cfg(feature = "upgrade")]
        Command::Upgrade(arguments) => return upgrade::main(&arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "ironclerk", &mut script);
            output::bytes(&script)
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_well_formed() {
        Arguments::command().debug_assert();
    }
}
