//! `ironclerk upgrade`.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use clap::{Args, ValueEnum};
use ironclerk_upgrade::report::{self, Format};
use ironclerk_upgrade::scan::{Choice, Progress, Request, Rewrite, Scan, scan, uncommitted};
use ironclerk_upgrade::{Confidence, Finding, RuleSet, discover, select};

use crate::output;

/// Find Core 1 code in a JavaScript codebase, and rewrite it for Core 2
///
/// Reads JavaScript, TypeScript, Vue, Svelte, Astro, HTML and MDX, package.json, environment files,
/// workflows, Dockerfiles and the like. Without --fix, --interactive or --diff it only reports.
///
/// Ends with 0 when there is nothing to do (notices may be left), 1 when there are findings, 2 on an
/// error.
#[derive(Args)]
pub struct Arguments {
    /// The codebase, or a single file of it
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// The release that the code was written for
    #[arg(long, value_enum, default_value_t = From::Core1)]
    from: From,
    /// The release that it shall work with
    #[arg(long, value_enum, default_value_t = To::Core2)]
    to: To,
    /// Rewrite what is certain and keeps its meaning; `--fix=suggest` also makes the edits that
    /// someone has to look at
    #[arg(
        long,
        value_enum,
        value_name = "WHICH",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "safe",
        conflicts_with = "interactive"
    )]
    fix: Option<Which>,
    /// Show the edits of --fix as a diff and change nothing
    #[arg(long, conflicts_with_all = ["interactive", "format"])]
    diff: bool,
    /// Ask for each edit
    #[arg(long, conflicts_with = "format")]
    interactive: bool,
    /// How to report
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    format: ReportFormat,
    /// Look for this change only; may be repeated
    #[arg(long = "rule", value_name = "ID", value_delimiter = ',')]
    rules: Vec<String>,
    /// Look at the changes of this Clerk package only, or at this package of the codebase; may be
    /// repeated
    #[arg(long = "package", value_name = "NAME", value_delimiter = ',')]
    packages: Vec<String>,
    /// Leave out paths, in the syntax of .gitignore; may be repeated
    #[arg(long, value_name = "GLOB")]
    ignore: Vec<String>,
    /// Leave out findings that are less sure. With --fix, rewrite from here on (else only what is
    /// certain)
    #[arg(long, value_enum, value_name = "LEVEL")]
    min_confidence: Option<Sureness>,
    /// Rewrite files although git has changes that are not committed
    #[arg(long)]
    allow_dirty: bool,
    /// List the changes that are looked for
    #[arg(long, exclusive = true)]
    list_rules: bool,
    /// Explain a change
    #[arg(long, value_name = "RULE", exclusive = true)]
    explain: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum From {
    #[value(name = "core-1")]
    Core1,
}

#[derive(Clone, Copy, ValueEnum)]
enum To {
    #[value(name = "core-2")]
    Core2,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    Safe,
    Suggest,
}

#[derive(Clone, Copy, ValueEnum)]
enum ReportFormat {
    Text,
    Json,
    Sarif,
    Markdown,
    Github,
    Html,
}

#[derive(Clone, Copy, ValueEnum)]
enum Sureness {
    Certain,
    Likely,
    Possible,
}

/// Runs the command, with the exit codes that are its own.
pub fn main(arguments: &Arguments) -> ExitCode {
    match run(arguments) {
        Ok(true) => ExitCode::from(1),
        Ok(false) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether there is something left to do.
fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let (From::Core1, To::Core2) = (arguments.from, arguments.to);
    let color = has_colors();
    if arguments.list_rules {
        output::bytes(report::list(&RuleSet::all(), color).as_bytes())?;
        return Ok(false);
    }
    if let Some(name) = &arguments.explain {
        let rule = select::rule(name).map_err(see_all)?;
        output::bytes(report::explain(rule, color).as_bytes())?;
        return Ok(false);
    }
    let request = request(arguments)?;
    let writes = arguments.interactive || (arguments.fix.is_some() && !arguments.diff);
    if writes && !arguments.allow_dirty {
        refuse_uncommitted(arguments)?;
    }
    let progress = Meter::new();
    let result = scan(&arguments.directory, &request, &|progress_now| {
        progress.show(progress_now)
    });
    progress.clear();
    let mut scan = result?;
    if arguments.diff {
        output::bytes(report::changes(&scan, color).as_bytes())?;
        let left = scan.left();
        eprintln!("{} would be rewritten, {left} left to do.", scan.fixed());
        return Ok(scan.fixed() + left > 0);
    }
    if arguments.interactive {
        ask(&mut scan, color);
    }
    if writes {
        scan.write()?;
    }
    let format = match arguments.format {
        ReportFormat::Text => Format::Text,
        ReportFormat::Json => Format::Json,
        ReportFormat::Sarif => Format::Sarif,
        ReportFormat::Markdown => Format::Markdown,
        ReportFormat::Github => Format::Github,
        ReportFormat::Html => Format::Html,
    };
    output::bytes(report::render(&scan, format, color).as_bytes())?;
    Ok(scan.left() > 0)
}

fn see_all(unknown: select::Unknown) -> anyhow::Error {
    anyhow!("{unknown} (--list-rules shows all)")
}

fn request(arguments: &Arguments) -> anyhow::Result<Request> {
    let is_clerk = |name: &&String| select::is_clerk_package(name);
    let (clerk, own): (Vec<_>, Vec<_>) = arguments.packages.iter().partition(is_clerk);
    let owned = |names: Vec<&String>| names.into_iter().cloned().collect::<Vec<_>>();
    let confidence = arguments.min_confidence.map(|level| match level {
        Sureness::Certain => Confidence::Certain,
        Sureness::Likely => Confidence::Likely,
        Sureness::Possible => Confidence::Possible,
    });
    let which = arguments.fix.or(arguments.diff.then_some(Which::Safe));
    Ok(Request {
        discover: discover::Options {
            ignore: arguments.ignore.clone(),
            ..discover::Options::default()
        },
        rules: select::rules(&arguments.rules, &owned(clerk)).map_err(see_all)?,
        packages: owned(own),
        confidence: confidence.unwrap_or(Confidence::Possible),
        rewrite: which.map(|which| Rewrite {
            confidence: confidence.unwrap_or(Confidence::Certain),
            suggestions: which == Which::Suggest,
        }),
    })
}

fn refuse_uncommitted(arguments: &Arguments) -> anyhow::Result<()> {
    match uncommitted(&arguments.directory) {
        None | Some(0) => Ok(()),
        Some(changes) => bail!(
            "git has {changes} changed or new files here that are not committed: commit or stash them \
             first, so that the rewrite can be looked at and undone, or pass --allow-dirty"
        ),
    }
}

/// Shows each edit and reads the answer from standard input; its end answers "stop".
fn ask(scan: &mut Scan, color: bool) {
    let mut input = std::io::stdin().lock();
    let edits = |finding: &Finding| !finding.fix.edits().is_empty();
    let all = scan
        .findings()
        .filter(|(_, finding)| edits(finding))
        .count();
    let mut asked = 0;
    scan.choose(|source, finding| {
        asked += 1;
        let mut out = std::io::stderr().lock();
        let _ = out.write_all(report::finding(source, finding, color).as_bytes());
        loop {
            let _ = write!(
                out,
                "Edit {asked} of {}, {}: make it? [y]es, [n]o, [a]ll or [s]kip all of this rule, [e]xplain, [q]uit: ",
                all.max(asked),
                finding.rule
            );
            let _ = out.flush();
            let mut answer = String::new();
            match input.read_line(&mut answer) {
                Ok(0) | Err(_) => return Choice::Stop,
                Ok(_) => {}
            }
            match answer.trim().to_ascii_lowercase().as_str() {
                "y" | "yes" => return Choice::Make,
                "n" | "no" | "" => return Choice::Keep,
                "a" | "all" => return Choice::MakeAll,
                "s" | "skip" => return Choice::KeepAll,
                "q" | "quit" => return Choice::Stop,
                "e" | "explain" => {
                    if let Ok(rule) = select::rule(finding.rule) {
                        let _ = write!(out, "\n{}\n", report::explain(rule, color));
                    }
                }
                other => {
                    let _ = writeln!(out, "There is no answer `{other}`.");
                }
            }
        }
    });
}

fn has_colors() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal() && !is_set("NO_COLOR")
}

/// One line on standard error that says how far a scan is. It appears when a scan takes a while, and
/// only on a terminal.
struct Meter {
    is_shown: bool,
    state: Mutex<(Instant, bool)>,
}

impl Meter {
    const FIRST: Duration = Duration::from_millis(500);
    const NEXT: Duration = Duration::from_millis(100);

    fn new() -> Self {
        Self {
            is_shown: std::io::stderr().is_terminal(),
            state: Mutex::new((Instant::now() + Self::FIRST, false)),
        }
    }

    fn show(&self, progress: Progress) {
        let Ok(mut state) = self.state.try_lock() else {
            return;
        };
        let now = Instant::now();
        if !self.is_shown || now < state.0 {
            return;
        }
        *state = (now + Self::NEXT, true);
        match progress {
            Progress::Walked(files) => eprint!("\r\u{1b}[K{files} files seen"),
            Progress::Checked(files, all) => eprint!("\r\u{1b}[K{files} of {all} files checked"),
        }
    }

    fn clear(&self) {
        if self.state.lock().is_ok_and(|state| state.1) {
            eprint!("\r\u{1b}[K");
        }
    }
}
