//! The walk over the files, on all processors. Each file is read once, and what cannot matter is
//! forgotten at once.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::Match;
use ignore::gitignore::Gitignore;
use ignore::overrides::{Override, OverrideBuilder};
use rayon::Scope;

use super::ignored::Ignored;
use super::lock::{self, Locked};
use super::manifest::{self, Catalogs, Manifest};
use super::tsconfig::{self, TsConfig};
use super::{Counts, Options, Unread, reason};
use crate::{check, configuration};

/// What the walk leaves.
#[derive(Default)]
pub(super) struct Found {
    pub files: Vec<String>,
    pub unread: Vec<Unread>,
    pub counts: Counts,
    pub manifests: Vec<Manifest>,
    /// By directory.
    pub locks: BTreeMap<String, Vec<Locked>>,
    /// By directory.
    pub catalogs: BTreeMap<String, Catalogs>,
    /// By path.
    pub tsconfigs: BTreeMap<String, TsConfig>,
}

/// What a file is to the scan, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Script,
    Configuration,
    Manifest,
    Lock,
    Catalog,
    TsConfig,
}

fn classify(path: &str) -> Option<Class> {
    const SCRIPTS: [&str; 14] = [
        "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte", "astro", "html",
        "htm", "mdx",
    ];
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match name {
        "package.json" => Some(Class::Manifest),
        "pnpm-workspace.yaml" | ".yarnrc.yml" => Some(Class::Catalog),
        name if lock::LOCK_FILES.contains(&name) => Some(Class::Lock),
        name if extension == "json"
            && (name.starts_with("tsconfig") || name.starts_with("jsconfig")) =>
        {
            Some(Class::TsConfig)
        }
        _ if SCRIPTS.contains(&extension) => Some(Class::Script),
        _ => configuration::is_configuration(path).then_some(Class::Configuration),
    }
}

/// Folders that hold what was installed or built, whatever they lie in.
const NEVER_ENTERED: [&str; 20] = [
    ".angular",
    ".astro",
    ".cache",
    ".docusaurus",
    ".expo",
    ".git",
    ".hg",
    ".next",
    ".nuxt",
    ".nx",
    ".output",
    ".parcel-cache",
    ".pnpm-store",
    ".svelte-kit",
    ".svn",
    ".turbo",
    ".vercel",
    ".yarn",
    "bower_components",
    "node_modules",
];

/// Folders that hold what was built when they lie beside a `package.json`.
const BUILD_OUTPUT: [&str; 4] = ["build", "coverage", "dist", "out"];

/// Walks below `start`, which is `root` or a file in it.
pub(super) fn walk(
    root: &Path,
    start: &Path,
    options: &Options,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Found, ignore::Error> {
    let mut overrides = OverrideBuilder::new(root);
    for glob in &options.ignore {
        overrides.add(&format!("!{glob}"))?;
    }
    let walk = Walk {
        root,
        options,
        overrides: overrides.build()?,
        // What cannot be read of it says nothing.
        everywhere: Gitignore::global().0,
        progress,
        seen: AtomicUsize::new(0),
        readers: Mutex::default(),
    };
    if start == root {
        let folder = Folder {
            path: root.to_owned(),
            relative: String::new(),
            ignored: Ignored::above(root),
        };
        rayon::scope(|scope| walk.enter(folder, scope));
    } else {
        walk.reading(|reader| reader.file(start));
    }
    let mut found = Found::default();
    let readers = walk.readers.into_inner();
    for reader in readers.unwrap_or_else(PoisonError::into_inner) {
        found.add(reader.found);
    }
    if start == root {
        read_environment_files(root, &mut found, options, &walk.overrides);
    }
    Ok(found)
}

impl Found {
    fn add(&mut self, other: Self) {
        self.files.extend(other.files);
        self.unread.extend(other.unread);
        self.counts.files += other.counts.files;
        self.counts.bytes += other.counts.bytes;
        self.manifests.extend(other.manifests);
        self.locks.extend(other.locks);
        self.catalogs.extend(other.catalogs);
        self.tsconfigs.extend(other.tsconfigs);
    }
}

/// The walk of the `ignore` library does more than is needed here, which shows where there are many files.
struct Walk<'w> {
    root: &'w Path,
    options: &'w Options,
    overrides: Override,
    /// What git ignores everywhere.
    everywhere: Gitignore,
    progress: &'w (dyn Fn(usize) + Sync),
    seen: AtomicUsize,
    /// Those that are not at work.
    readers: Mutex<Vec<Reader<'w>>>,
}

struct Folder {
    path: PathBuf,
    /// The path from the root, with `/`.
    relative: String,
    /// What is said above it.
    ignored: Option<Arc<Ignored>>,
}

impl<'w> Walk<'w> {
    /// How many files are read in one go: a folder of very many is read on all processors.
    const MOST_FILES: usize = 64;

    fn reading(&self, read: impl FnOnce(&mut Reader<'w>)) {
        let readers = || self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let free = readers().pop();
        let mut reader = free.unwrap_or_else(|| Reader::new(self.root, self.options));
        read(&mut reader);
        readers().push(reader);
    }

    fn enter<'s>(&'s self, folder: Folder, scope: &Scope<'s>) {
        let (mut files, mut folders, mut others) = (Vec::new(), Vec::new(), Vec::new());
        match fs::read_dir(&folder.path) {
            Ok(entries) => {
                // What is gone by now is left out.
                for entry in entries.flatten() {
                    match entry.file_type() {
                        Ok(kind) if kind.is_dir() => folders.push(entry.file_name()),
                        Ok(kind) if kind.is_file() => files.push(entry.file_name()),
                        // Links are not followed, but a link may be an ignore file.
                        _ => others.push(entry.file_name()),
                    }
                }
            }
            Err(cause) => {
                let reason = format!("cannot be read: {}", reason(&cause));
                self.reading(|reader| reader.unread(folder.relative.clone(), reason));
            }
        }
        let has = |name: &str| {
            let mut names = files.iter().chain(&folders).chain(&others);
            names.any(|known| known == name)
        };
        let is_package = has("package.json");
        let ignored = Ignored::within(folder.ignored.as_ref(), &folder.path, has);
        let is_left_out = |path: &Path, is_folder| match self.overrides.matched(path, is_folder) {
            Match::Ignore(_) => true,
            Match::Whitelist(_) => false,
            Match::None => {
                let said = ignored.as_ref().and_then(|it| it.says(path, is_folder));
                said.unwrap_or_else(|| self.everywhere.matched(path, is_folder).is_ignore())
            }
        };
        let below = |name: &OsStr| {
            let name = name.to_string_lossy();
            match folder.relative.as_str() {
                "" => name.into_owned(),
                above => format!("{above}/{name}"),
            }
        };
        for name in &folders {
            let is_named = |known: &&str| *name == **known;
            let is_never_entered = NEVER_ENTERED.iter().any(is_named)
                || is_package && BUILD_OUTPUT.iter().any(is_named);
            let path = folder.path.join(name);
            if is_never_entered || is_left_out(&path, true) {
                continue;
            }
            let folder = Folder {
                path,
                relative: below(name),
                ignored: ignored.clone(),
            };
            scope.spawn(move |scope| self.enter(folder, scope));
        }
        let mut wanted = files.into_iter().filter_map(|name| {
            let relative = below(&name);
            let class = classify(&relative)?;
            let path = folder.path.join(name);
            (!is_left_out(&path, false)).then_some((path, relative, class))
        });
        loop {
            let some: Vec<_> = wanted.by_ref().take(Self::MOST_FILES).collect();
            if some.len() < Self::MOST_FILES {
                self.read(some);
                break;
            }
            scope.spawn(move |_| self.read(some));
        }
    }

    fn read(&self, files: Vec<(PathBuf, String, Class)>) {
        if files.is_empty() {
            return;
        }
        let count = files.len();
        self.reading(|reader| {
            for (path, relative, class) in files {
                reader.classified(&path, relative, class);
            }
        });
        let before = self.seen.fetch_add(count, Ordering::Relaxed);
        if before / 256 < (before + count) / 256 {
            (self.progress)(before + count);
        }
    }
}

/// Reads files one after the other into one buffer, and keeps what they say.
struct Reader<'s> {
    /// Without a separator at its end.
    root: String,
    options: &'s Options,
    buffer: Vec<u8>,
    found: Found,
}

impl<'s> Reader<'s> {
    fn new(root: &Path, options: &'s Options) -> Self {
        let root = root.to_string_lossy();
        Self {
            root: root.trim_end_matches(MAIN_SEPARATOR).to_owned(),
            options,
            buffer: Vec::new(),
            found: Found::default(),
        }
    }

    fn relative(&self, path: &Path) -> String {
        let path = path.to_string_lossy();
        // Compared as text: comparing paths takes both apart, for every file anew.
        let below = path.strip_prefix(&*self.root);
        let below = below.and_then(|rest| rest.strip_prefix(MAIN_SEPARATOR));
        let path = below.unwrap_or(&path);
        match MAIN_SEPARATOR {
            '/' => path.to_owned(),
            separator => path.replace(separator, "/"),
        }
    }

    fn unread(&mut self, path: String, reason: impl Into<String>) {
        let reason = reason.into();
        self.found.unread.push(Unread { path, reason });
    }

    fn file(&mut self, path: &Path) {
        let relative = self.relative(path);
        if let Some(class) = classify(&relative) {
            self.classified(path, relative, class);
        }
    }

    fn classified(&mut self, path: &Path, relative: String, class: Class) {
        // Lock files are large, and are not kept.
        const LARGEST_LOCK_FILE: u64 = 100_000_000;
        let limit = match class {
            Class::Lock => LARGEST_LOCK_FILE,
            _ => self.options.largest_file,
        };
        self.found.counts.files += 1;
        self.buffer.clear();
        let read = File::open(path).and_then(|file| {
            let read = (&file).take(limit + 1).read_to_end(&mut self.buffer)? as u64;
            match read > limit {
                true => file.metadata().map(|metadata| metadata.len()),
                false => Ok(read),
            }
        });
        match read {
            Ok(size) if size > limit => {
                let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
                let reason = format!(
                    "has {} MB, more than the {} MB that are read",
                    megabytes(size),
                    megabytes(limit)
                );
                return self.unread(relative, reason);
            }
            Ok(size) => self.found.counts.bytes += size,
            Err(cause) => {
                return self.unread(relative, format!("cannot be read: {}", reason(&cause)));
            }
        }
        if self.buffer.starts_with(&[0xff, 0xfe]) || self.buffer.starts_with(&[0xfe, 0xff]) {
            return self.unread(relative, "is UTF-16 text, not UTF-8");
        }
        let is_wanted = match class {
            Class::Script => check::may_mention_clerk(&self.buffer),
            Class::Configuration => configuration::may_matter(&relative, &self.buffer),
            Class::Lock => check::may_mention_clerk(&self.buffer),
            Class::Manifest | Class::Catalog | Class::TsConfig => true,
        };
        if !is_wanted {
            return;
        }
        if class == Class::Lock && relative.ends_with(lock::BUN_BINARY) {
            let locked = lock::bun_binary(&self.buffer);
            let directory = super::parent(&relative).to_owned();
            (self.found.locks.entry(directory).or_default()).extend(locked);
            return;
        }
        let buffer = std::mem::take(&mut self.buffer);
        match str::from_utf8(&buffer) {
            Ok(text) => self.keep(relative, text, class),
            Err(_) if buffer.contains(&0) => self.unread(relative, "is binary"),
            Err(_) => self.unread(relative, "is not UTF-8 text"),
        }
        self.buffer = buffer;
    }

    fn keep(&mut self, relative: String, text: &str, class: Class) {
        let directory = super::parent(&relative).to_owned();
        match class {
            Class::Script | Class::Configuration => self.found.files.push(relative),
            Class::Manifest => match manifest::read(&directory, text) {
                Ok((manifest, catalogs)) => {
                    self.found.manifests.push(manifest);
                    if !catalogs.is_empty() {
                        self.found.catalogs.insert(directory, catalogs);
                    }
                    self.found.files.push(relative);
                }
                Err(cause) => self.unread(relative, format!("is not valid JSON: {cause}")),
            },
            Class::Lock => {
                let name = relative.rsplit('/').next().unwrap_or(&relative);
                let locked = lock::read(name, text);
                self.found
                    .locks
                    .entry(directory)
                    .or_default()
                    .extend(locked);
            }
            Class::Catalog => {
                let catalogs = manifest::yaml_catalogs(text);
                if !catalogs.is_empty() {
                    self.found.catalogs.insert(directory, catalogs);
                    self.found.files.push(relative);
                }
            }
            Class::TsConfig => {
                if let Some(config) = tsconfig::read(text) {
                    self.found.tsconfigs.insert(relative, config);
                }
            }
        }
    }
}

/// `.env` files are what breaks at run time, and nearly always ignored by git.
fn read_environment_files(root: &Path, found: &mut Found, options: &Options, overrides: &Override) {
    let mut directories: Vec<String> = (found.manifests.iter())
        .map(|manifest| manifest.directory.clone())
        .chain([String::new()])
        .collect();
    directories.sort_unstable();
    directories.dedup();
    let mut reader = Reader::new(root, options);
    for directory in directories {
        let entries = fs::read_dir(root.join(&directory))
            .into_iter()
            .flatten()
            .flatten();
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_file = || entry.file_type().is_ok_and(|kind| kind.is_file());
            let is_ignored = || overrides.matched(entry.path(), false).is_ignore();
            if name.starts_with(".env") && is_file() && !is_ignored() {
                reader.file(&entry.path());
            }
        }
    }
    found.files.extend(reader.found.files);
    found.files.sort_unstable();
    found.files.dedup();
}

/// Reads the `package.json`, catalogs and lock files above the root, up to the root of the
/// repository: a part of a workspace is on the versions that the workspace says.
pub(super) fn read_above(root: &Path, found: &mut Found, options: &Options) {
    let repository = (root.ancestors()).position(|directory| directory.join(".git").exists());
    let mut above = String::new();
    for directory in root.ancestors().skip(1).take(repository.unwrap_or(0)) {
        above.push_str(if above.is_empty() { ".." } else { "/.." });
        let mut reader = Reader::new(root, options);
        let names = ["package.json", "pnpm-workspace.yaml", ".yarnrc.yml"];
        for name in names.into_iter().chain(lock::LOCK_FILES) {
            let path = directory.join(name);
            let relative = format!("{above}/{name}");
            if let Some(class) = classify(name).filter(|_| path.is_file()) {
                reader.classified(&path, relative, class);
            }
        }
        found.manifests.append(&mut reader.found.manifests);
        found.locks.append(&mut reader.found.locks);
        found.catalogs.append(&mut reader.found.catalogs);
    }
}
