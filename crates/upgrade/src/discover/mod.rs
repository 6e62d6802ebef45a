//! What a codebase consists of: its packages and their Clerk versions, and the files that the rules
//! have to look at. Everything else is dismissed here, before anything is parsed.

mod block;
mod embedded;
mod ignored;
mod lock;
mod manifest;
mod tsconfig;
mod walk;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

pub(crate) use block::lines;
pub(crate) use embedded::program;
pub use embedded::scripts;
pub use manifest::{DEPENDENCY_MAPS, Dependency, Framework, Manifest};

use crate::{Files, Language, Package, Project, Source};
use manifest::Catalogs;
use walk::Found;

/// What is scanned.
#[derive(Clone, Debug)]
pub struct Options {
    /// Globs of paths to leave out, as in a `.gitignore`, relative to the root of the scan.
    pub ignore: Vec<String>,
    /// The size in bytes above which a file is reported and not read.
    pub largest_file: u64,
}

impl Default for Options {
    /// Everything, files of up to 10 MB.
    fn default() -> Self {
        Self {
            ignore: Vec::new(),
            largest_file: 10_000_000,
        }
    }
}

/// Why a codebase cannot be scanned at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoverError {
    /// The folder cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Root {
        /// The folder.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// A pattern of [`Options::ignore`] is none.
    #[error("{0}")]
    Ignore(ignore::Error),
}

/// A codebase, walked.
pub struct Workspace {
    /// The folder that was scanned, absolute.
    pub root: PathBuf,
    /// Its packages and how imports lead from file to file.
    pub project: Project,
    /// What each `package.json` says, in the order of [`Project::packages`].
    pub manifests: Vec<Manifest>,
    /// The files that the rules look at, by path.
    pub files: Vec<File>,
    /// What was not read, by path.
    pub unread: Vec<Unread>,
    /// How much there was.
    pub counts: Counts,
}

/// A file that the rules look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The path from the root of the scan, with `/`.
    pub path: String,
    /// The package that it belongs to, an index into [`Project::packages`].
    pub package: Option<usize>,
}

/// A file or folder that was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The path from the root of the scan, with `/`.
    pub path: String,
    /// Why not: the rest of a sentence, without a period.
    pub reason: String,
}

/// How many files there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files of a kind that can matter, unreadable ones included.
    pub files: usize,
    /// Their bytes, as far as they were read.
    pub bytes: u64,
}

/// Walks a folder, or looks at a single file. `progress` is called with the number of files seen so
/// far, from several threads and not for every one.
///
/// # Errors
/// When the folder is not there or a glob of the options is none. What cannot be read within the
/// folder is in [`Workspace::unread`].
pub fn discover(
    root: &Path,
    options: &Options,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Workspace, DiscoverError> {
    let unreadable = |cause| DiscoverError::Root {
        path: root.to_owned(),
        cause,
    };
    let start = root.canonicalize().map_err(unreadable)?;
    let root = match start.is_file() {
        true => start.parent().unwrap_or(&start).to_owned(),
        false => start.clone(),
    };
    fs::read_dir(&root).map_err(unreadable)?;
    let mut found = walk::walk(&root, &start, options, progress).map_err(DiscoverError::Ignore)?;
    walk::read_above(&root, &mut found, options);
    let (packages, manifests) = packages(&mut found);
    let directories: HashMap<&str, usize> = (packages.iter().enumerate())
        .map(|(index, package): (usize, &Package)| (package.directory.as_str(), index))
        .collect();
    found.files.sort_unstable();
    let files = found.files.into_iter().map(|path| File {
        package: enclosing(&directories, parent(&path)),
        path,
    });
    let files = files.collect();
    let mut unread = found.unread;
    unread.sort_by(|one, other| one.path.cmp(&other.path));
    let disk = Disk::new(root.clone(), options.largest_file);
    let path_mappings = tsconfig::mappings(&found.tsconfigs, &disk);
    let mut project = Project::new(packages, Box::new(disk));
    project.path_mappings = path_mappings;
    Ok(Workspace {
        root,
        project,
        manifests,
        files,
        unread,
        counts: found.counts,
    })
}

impl Workspace {
    /// Reads a file for the rules.
    ///
    /// # Errors
    /// Why it cannot be read, in words.
    pub fn source(&self, file: &File) -> Result<Source, String> {
        let text = read_text(&self.root.join(&file.path))?;
        let mut source = Source::new(&*file.path, text, file.package);
        if let Some(scripts) = embedded::scripts(&source.path, &source.text) {
            source.language = Language::Embedded(scripts);
        }
        Ok(source)
    }
}

/// Reads a text file; the error is the rest of the sentence "it …".
fn read_text(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|cause| format!("cannot be read: {}", reason(&cause)))?;
    String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())
}

fn reason(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotFound => "it is gone".to_owned(),
        _ => cause.to_string(),
    }
}

/// The files below a folder.
struct Disk {
    root: PathBuf,
    largest_file: u64,
    /// The names of the files in each folder that was asked about: an import is looked for under a
    /// dozen names.
    folders: RwLock<HashMap<String, HashSet<String>>>,
}

impl Disk {
    fn new(root: PathBuf, largest_file: u64) -> Self {
        Self {
            root,
            largest_file,
            folders: RwLock::default(),
        }
    }

    fn list(&self, folder: &str) -> HashSet<String> {
        let entries = fs::read_dir(self.root.join(folder)).into_iter();
        let files = entries.flatten().flatten().filter(|entry| {
            let kind = entry.file_type();
            kind.is_ok_and(|kind| kind.is_file() || kind.is_symlink() && entry.path().is_file())
        });
        files
            .map(|file| file.file_name().to_string_lossy().into_owned())
            .collect()
    }
}

impl Files for Disk {
    fn read(&self, path: &str) -> Option<String> {
        let inside = tsconfig::join("", path)?;
        let file = fs::File::open(self.root.join(inside)).ok()?;
        let metadata = file.metadata().ok()?;
        if !metadata.is_file() || metadata.len() > self.largest_file {
            return None;
        }
        let mut text = String::new();
        file.take(self.largest_file)
            .read_to_string(&mut text)
            .ok()?;
        Some(text)
    }

    fn exists(&self, path: &str) -> bool {
        let Some(inside) = tsconfig::join("", path) else {
            return false;
        };
        let (folder, name) = inside.rsplit_once('/').unwrap_or(("", &inside));
        let known = self.folders.read();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        if let Some(files) = known.get(folder) {
            return files.contains(name);
        }
        drop(known);
        let files = self.list(folder);
        let exists = files.contains(name);
        let known = self.folders.write();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        known.insert(folder.to_owned(), files);
        exists
    }
}

/// The directory of a path.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// The package whose directory is or encloses this one. Beyond the root come the directories above
/// it: `..`, `../..` and so on.
fn enclosing(directories: &HashMap<&str, usize>, directory: &str) -> Option<usize> {
    const HIGHEST: usize = 16;
    let mut below = directory;
    loop {
        if let Some(&index) = directories.get(below) {
            return Some(index);
        }
        if below.is_empty() || below.starts_with("..") {
            break;
        }
        below = parent(below);
    }
    let levels = below.split('/').filter(|part| *part == "..").count();
    (levels + 1..HIGHEST).find_map(|level| {
        let above = vec![".."; level].join("/");
        directories.get(above.as_str()).copied()
    })
}

/// The packages, with the versions that catalogs and lock files give their dependencies.
fn packages(found: &mut Found) -> (Vec<Package>, Vec<Manifest>) {
    let mut manifests = std::mem::take(&mut found.manifests);
    manifests.sort_by(|one, other| one.directory.cmp(&other.directory));
    for manifest in &mut manifests {
        let directory = manifest.directory.clone();
        for dependency in &mut manifest.dependencies {
            let name = dependency.package.name;
            let catalog = nearest(&found.catalogs, &directory, |catalogs: &Catalogs, _| {
                manifest::resolve_catalog(catalogs, &dependency.range, name).map(str::to_owned)
            });
            dependency.range = catalog.unwrap_or(std::mem::take(&mut dependency.range));
            dependency.locked = nearest(&found.locks, &directory, |locked, below| {
                let own_name = manifest.name.as_deref();
                lock::find(locked, below, own_name, name, &dependency.range).cloned()
            });
        }
    }
    let directories: HashMap<&str, usize> = (manifests.iter().enumerate())
        .map(|(index, manifest)| (manifest.directory.as_str(), index))
        .collect();
    let packages = manifests.iter().map(|manifest| {
        let above = match manifest.directory.as_str() {
            "" => "..".to_owned(),
            directory if directory.starts_with("..") => format!("{directory}/.."),
            directory => parent(directory).to_owned(),
        };
        Package {
            name: manifest.name.clone(),
            directory: manifest.directory.clone(),
            parent: enclosing(&directories, &above),
            // The maps are in order of weight: what a package depends on, then what it asks of others.
            clerk: (manifest.dependencies.iter().rev())
                .map(|dependency| (dependency.package.name.to_owned(), dependency.generation()))
                .collect(),
            main: manifest.entries.first().cloned(),
        }
    });
    (packages.collect(), manifests)
}

/// The answer of the nearest directory that has one, going up. `ask` is told the path from there.
fn nearest<T, R>(
    by_directory: &BTreeMap<String, T>,
    directory: &str,
    mut ask: impl FnMut(&T, &str) -> Option<R>,
) -> Option<R> {
    let mut above = directory;
    loop {
        let below = directory[above.len()..].trim_start_matches('/');
        let answer = by_directory.get(above).and_then(|found| ask(found, below));
        if answer.is_some() || above.is_empty() {
            return answer.or_else(|| {
                // Above the root the path from there is not known; nothing but the range helps.
                by_directory
                    .iter()
                    .filter(|(directory, _)| directory.starts_with(".."))
                    .find_map(|(_, found)| ask(found, below))
            });
        }
        above = if above.starts_with("..") {
            ""
        } else {
            parent(above)
        };
    }
}
