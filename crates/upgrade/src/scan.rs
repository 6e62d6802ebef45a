//! A whole codebase: walk it, check every file on all processors, and make the edits that were
//! asked for.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::discover::{self, Counts, DiscoverError, Unread, Workspace, discover};
use crate::select::Unknown;
use crate::{
    Confidence, Finding, Fix, Package, Project, RuleSet, Severity, Source, check_source, fix_source,
};

/// What is asked of a scan.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is walked.
    pub discover: discover::Options,
    /// What is looked for.
    pub rules: RuleSet,
    /// Only files of these packages of the codebase, by name or directory. Empty: all.
    pub packages: Vec<String>,
    /// Findings below it are left out.
    pub confidence: Confidence,
    /// The edits that are made, in memory; [`Scan::write`] puts them on disk.
    pub rewrite: Option<Rewrite>,
}

impl Default for Request {
    /// Everything, and no edits.
    fn default() -> Self {
        Self {
            discover: discover::Options::default(),
            rules: RuleSet::all(),
            packages: Vec::new(),
            confidence: Confidence::Possible,
            rewrite: None,
        }
    }
}

/// Which edits are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// Only where the finding is at least this sure.
    pub confidence: Confidence,
    /// Also those that a person should look at afterwards.
    pub suggestions: bool,
}

impl Default for Rewrite {
    /// What is proven and keeps the meaning.
    fn default() -> Self {
        Self {
            confidence: Confidence::Certain,
            suggestions: false,
        }
    }
}

impl Rewrite {
    fn wants(&self, finding: &Finding) -> bool {
        let is_wanted = match finding.fix {
            Fix::Safe(_) => true,
            Fix::Review(_) => self.suggestions,
            Fix::None => false,
        };
        is_wanted && finding.confidence >= self.confidence
    }
}

/// What a scan found.
pub struct Scan {
    /// The folder that was scanned, absolute.
    pub root: PathBuf,
    /// The rules that looked.
    pub rules: RuleSet,
    /// The packages of the codebase.
    pub project: Project,
    /// The files with findings or edits, by path.
    pub files: Vec<Scanned>,
    /// What was not read, by path.
    pub unread: Vec<Unread>,
    /// How much there was.
    pub counts: Counts,
    /// How many files could mention Clerk, and were looked at closely.
    pub checked: usize,
    /// How long it took.
    pub elapsed: Duration,
}

/// A file with findings or edits.
pub struct Scanned {
    /// The file, after the edits.
    pub source: Source,
    /// The text before the edits, where there are any.
    pub before: Option<String>,
    /// What was edited. Places are those of the pass that each edit was made in.
    pub fixed: Vec<Finding>,
    /// What there is to do, after the edits.
    pub findings: Vec<Finding>,
}

/// Why a codebase was not scanned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// It cannot be walked.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// It has no package of that name.
    #[error(transparent)]
    Package(#[from] Unknown),
}

/// How far a scan is: files walked, then files looked at closely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many files were seen.
    Walked(usize),
    /// So many of so many files were checked.
    Checked(usize, usize),
}

/// Scans a folder. `progress` is called from several threads.
///
/// # Errors
/// As [`discover`], and when a package of the request is not there.
pub fn scan(
    root: &Path,
    request: &Request,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Scan, ScanError> {
    let started = Instant::now();
    let workspace = discover(root, &request.discover, &|seen| {
        progress(Progress::Walked(seen))
    })?;
    let packages = &workspace.project.packages;
    let is_named = |package: &Package, name: &String| {
        package.name.as_ref() == Some(name) || package.directory == *name
    };
    for name in &request.packages {
        if !packages.iter().any(|package| is_named(package, name)) {
            let known = packages
                .iter()
                .map(|package| package.name.as_deref().unwrap_or(&package.directory));
            return Err(Unknown::new("package", name, known).into());
        }
    }
    let wanted = |file: &&discover::File| {
        let package = file.package.and_then(|index| packages.get(index));
        request.packages.is_empty()
            || package
                .is_some_and(|package| request.packages.iter().any(|name| is_named(package, name)))
    };
    let files: Vec<_> = workspace.files.iter().filter(wanted).collect();
    let checked = AtomicUsize::new(0);
    let check = |file: &&discover::File| {
        let result = check(&workspace, file, request);
        let done = checked.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(64) {
            progress(Progress::Checked(done, files.len()));
        }
        result
    };
    let check_all = || -> Vec<_> {
        let results = files.par_iter().map(check);
        let is_anything =
            |(scanned, unread): &(Option<_>, Option<_>)| scanned.is_some() || unread.is_some();
        results.filter(is_anything).collect()
    };
    // With less, a stack would be made for nearly every file.
    let threads = rayon::ThreadPoolBuilder::new()
        .stack_size(crate::check::STACK)
        .build();
    let results = match threads {
        Ok(threads) => threads.install(check_all),
        Err(_) => check_all(),
    };
    let checked = files.len();
    let Workspace {
        root,
        project,
        mut unread,
        counts,
        ..
    } = workspace;
    let mut files = Vec::with_capacity(results.len());
    for (scanned, reason) in results {
        files.extend(scanned);
        unread.extend(reason);
    }
    unread.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(Scan {
        root,
        rules: request.rules.clone(),
        project,
        files,
        unread,
        counts,
        checked,
        elapsed: started.elapsed(),
    })
}

fn check(
    workspace: &Workspace,
    file: &discover::File,
    request: &Request,
) -> (Option<Scanned>, Option<Unread>) {
    let unread = |reason: String| Unread {
        path: file.path.clone(),
        reason,
    };
    let mut source = match workspace.source(file) {
        Ok(source) => source,
        Err(reason) => return (None, Some(unread(reason))),
    };
    let mut checked = check_source(&source, &workspace.project, &request.rules);
    let mut fixed = Vec::new();
    let mut before = None;
    if let Some(rewrite) = request.rewrite
        && checked
            .findings
            .iter()
            .any(|finding| rewrite.wants(finding))
    {
        let original = source.text.clone();
        fixed = fix_source(
            &mut source,
            &workspace.project,
            &request.rules,
            &mut |finding| rewrite.wants(finding),
        );
        if source.text != original {
            before = Some(original);
            checked = check_source(&source, &workspace.project, &request.rules);
        }
    }
    let mut findings = checked.findings;
    findings.retain(|finding| finding.confidence >= request.confidence);
    let reason = checked.unread.map(|reason| unread(reason.to_string()));
    let is_nothing = findings.is_empty() && before.is_none();
    let scanned = Scanned {
        source,
        before,
        fixed,
        findings,
    };
    ((!is_nothing).then_some(scanned), reason)
}

/// Why an edited file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {cause}", path.display())]
pub struct WriteError {
    path: PathBuf,
    cause: io::Error,
}

impl Scan {
    /// Everything that is left to do, with its file.
    pub fn findings(&self) -> impl Iterator<Item = (&Scanned, &Finding)> {
        let of = |file| move |finding| (file, finding);
        self.files
            .iter()
            .flat_map(move |file| file.findings.iter().map(of(file)))
    }

    /// How many findings ask for a change, notices not counted.
    pub fn left(&self) -> usize {
        self.findings()
            .filter(|(_, finding)| finding.severity == Severity::Breaking)
            .count()
    }

    /// How many edits were made.
    pub fn fixed(&self) -> usize {
        self.files.iter().map(|file| file.fixed.len()).sum()
    }

    /// Writes the edited files. Each is replaced in one step: whoever reads it sees the old text or
    /// the new one.
    ///
    /// # Errors
    /// The first file that cannot be written, or was changed in the meantime; those before it are
    /// written.
    pub fn write(&self) -> Result<(), WriteError> {
        for file in &self.files {
            if let Some(before) = &file.before {
                let path = self.root.join(&file.source.path);
                replace(&path, before, &file.source.text)
                    .map_err(|cause| WriteError { path, cause })?;
            }
        }
        Ok(())
    }

    /// Asks for each edit, file by file, and makes those that are wanted.
    pub fn choose(&mut self, mut ask: impl FnMut(&Source, &Finding) -> Choice) {
        let mut kept: BTreeSet<(&'static str, String, String)> = BTreeSet::new();
        let (mut all, mut none) = (BTreeSet::new(), BTreeSet::new());
        let mut is_over = false;
        for file in &mut self.files {
            let original = file.source.text.clone();
            loop {
                let mut chosen = Vec::new();
                for finding in &file.findings {
                    let is_settled = is_over || none.contains(finding.rule);
                    if is_settled || finding.fix.edits().is_empty() {
                        continue;
                    }
                    let (Some(line), _) = line_of(&file.source.text, finding) else {
                        continue;
                    };
                    let key = (finding.rule, finding.path.clone(), line.to_owned());
                    if kept.contains(&key) {
                        continue;
                    }
                    let choice = match all.contains(finding.rule) {
                        true => Choice::Make,
                        false => ask(&file.source, finding),
                    };
                    match choice {
                        Choice::Make => chosen.push(finding.clone()),
                        Choice::MakeAll => {
                            all.insert(finding.rule);
                            chosen.push(finding.clone());
                        }
                        Choice::Keep => {
                            kept.insert(key);
                        }
                        Choice::KeepAll => {
                            none.insert(finding.rule);
                        }
                        Choice::Stop => is_over = true,
                    }
                }
                let made = match chosen.is_empty() {
                    true => Vec::new(),
                    false => fix_source(
                        &mut file.source,
                        &self.project,
                        &self.rules,
                        &mut |finding| chosen.contains(finding),
                    ),
                };
                if made.is_empty() {
                    break;
                }
                file.fixed.extend(made);
                let checked = check_source(&file.source, &self.project, &self.rules);
                file.findings = checked.findings;
            }
            if file.source.text != original {
                file.before = Some(original);
            }
        }
    }
}

/// What a person says to an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Make it.
    Make,
    /// Make it, and all others of the same rule.
    MakeAll,
    /// Leave it.
    Keep,
    /// Leave it, and all others of the same rule.
    KeepAll,
    /// Leave it and everything after it.
    Stop,
}

/// The line that a finding starts on, and its number.
fn line_of<'t>(text: &'t str, finding: &Finding) -> (Option<&'t str>, usize) {
    let start = finding.span.start as usize;
    let Some(before) = text.get(..start) else {
        return (None, 0);
    };
    let from = before.rfind('\n').map_or(0, |newline| newline + 1);
    (
        text[from..].lines().next(),
        before.matches('\n').count() + 1,
    )
}

fn replace(path: &Path, before: &str, after: &str) -> io::Result<()> {
    if fs::read(path)? != before.as_bytes() {
        return Err(io::Error::other("it was changed since it was read"));
    }
    let directory = path.parent().unwrap_or(path);
    let mut file = tempfile::Builder::new()
        .prefix(".ironclerk-")
        .tempfile_in(directory)?;
    file.write_all(after.as_bytes())?;
    file.as_file()
        .set_permissions(fs::metadata(path)?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// How many files below a folder git holds changes of that are not committed, new files included.
/// `None` where there is no repository, or no git.
pub fn uncommitted(folder: &Path) -> Option<usize> {
    let folder = match folder.is_file() {
        true => folder
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new(".")),
        false => folder,
    };
    let output = Command::new("git")
        .args(["status", "--porcelain", "--", "."])
        .current_dir(folder)
        .output()
        .ok()?;
    let lines = output.stdout.split(|&byte| byte == b'\n');
    output
        .status
        .success()
        .then(|| lines.filter(|line| !line.is_empty()).count())
}
