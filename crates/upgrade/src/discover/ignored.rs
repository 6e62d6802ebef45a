//! What ignore files say. The library matches the patterns; which file is asked follows ripgrep: `.ignore` before
//! `.gitignore`, the deepest folder first, then what git keeps outside of the tree.

use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Files that say what is ignored, the ones that count more first.
const FILES: [&str; 3] = [".ignore", ".gitignore", ".git/info/exclude"];
const IGNORE: &str = FILES[0];
const REPOSITORY: &str = ".git";

/// The ignore files of a folder and of those above it.
pub(super) struct Ignored {
    above: Option<Arc<Self>>,
    /// What each of [`FILES`] says.
    patterns: [Gitignore; FILES.len()],
    /// A repository begins here: what git ignores above it is not for it.
    is_repository: bool,
}

impl Ignored {
    /// What is ignored in a folder that has the entries that `has` knows; the same as above where they say nothing.
    pub fn within(
        above: Option<&Arc<Self>>,
        folder: &Path,
        has: impl Fn(&str) -> bool,
    ) -> Option<Arc<Self>> {
        let is_repository = has(REPOSITORY);
        if !is_repository && !FILES.iter().any(|name| has(name)) {
            return above.cloned();
        }
        let read = |name: &str| {
            let mut patterns = GitignoreBuilder::new(folder);
            if has(name) || is_repository && name.starts_with(".git/") {
                // What is no pattern, or not there, says nothing.
                let _ = patterns.add(folder.join(name));
            }
            patterns.build().unwrap_or_else(|_| Gitignore::empty())
        };
        Some(Arc::new(Self {
            above: above.cloned(),
            patterns: FILES.map(read),
            is_repository,
        }))
    }

    /// What the folders above one say of it.
    pub fn above(folder: &Path) -> Option<Arc<Self>> {
        let above: Vec<_> = folder.ancestors().skip(1).collect();
        let above = above.into_iter().rev();
        above.fold(None, |above, folder| {
            Self::within(above.as_ref(), folder, |name| folder.join(name).exists())
        })
    }

    /// Whether a path is ignored, if any pattern fits it.
    pub fn says(&self, path: &Path, is_folder: bool) -> Option<bool> {
        FILES.iter().enumerate().find_map(|(kind, name)| {
            let mut asked = Some(self);
            while let Some(ignored) = asked {
                match ignored.patterns[kind].matched(path, is_folder) {
                    Match::Ignore(_) => return Some(true),
                    Match::Whitelist(_) => return Some(false),
                    Match::None => {}
                }
                let is_beyond = ignored.is_repository && *name != IGNORE;
                asked = ignored.above.as_deref().filter(|_| !is_beyond);
            }
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_deepest_word_counts() {
        let root = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        write(".gitignore", "*.gen.ts\n/top\nsub/one.ts\n");
        write(".ignore", "!kept.gen.ts\n");
        write("sub/.gitignore", "!two.gen.ts\nown\n");
        write("sub/other/.git/info/exclude", "local.ts\n");
        let within = |above: Option<&Arc<Ignored>>, path: &str| {
            let folder = root.path().join(path);
            Ignored::within(above, &folder, |name| folder.join(name).exists())
        };
        let top = within(None, "");
        let plain = within(top.as_ref(), "plain");
        let sub = within(top.as_ref(), "sub");
        let nested = within(sub.as_ref(), "sub/other");
        for (ignored, path, is_folder, expected) in [
            (&top, "a.gen.ts", false, Some(true)),
            (&top, "kept.gen.ts", false, Some(false)),
            (&top, "top", true, Some(true)),
            (&top, "a.ts", false, None),
            (&plain, "plain/a.gen.ts", false, Some(true)),
            (&sub, "sub/a.gen.ts", false, Some(true)),
            (&sub, "sub/two.gen.ts", false, Some(false)),
            (&sub, "sub/one.ts", false, Some(true)),
            (&sub, "sub/own", true, Some(true)),
            (&sub, "sub/top", true, None),
            (&nested, "sub/other/local.ts", false, Some(true)),
            (&nested, "sub/other/a.gen.ts", false, None),
            (&nested, "sub/other/kept.gen.ts", false, Some(false)),
        ] {
            let ignored = ignored.as_ref().expect("ignore files");
            let said = ignored.says(&root.path().join(path), is_folder);
            assert_eq!(said, expected, "{path}");
        }
    }
}
