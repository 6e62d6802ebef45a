//! A file as it is checked.

use std::ops::Range;

/// A half-open range of byte offsets into the text of a [`Source`].
pub type Span = Range<u32>;

/// One file of the codebase, read.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path relative to the root of the scan, with `/` between its parts.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// What the text is written in.
    pub language: Language,
    /// The index into [`Project::packages`](crate::Project::packages) of the package whose directory holds the file.
    pub package: Option<usize>,
}

impl Source {
    /// A source whose language is told by its path.
    pub fn new(path: impl Into<String>, text: impl Into<String>, package: Option<usize>) -> Self {
        let (path, text) = (path.into(), text.into());
        let language = Language::of_path(&path);
        Self {
            path,
            text,
            language,
            package,
        }
    }

    /// The line and column of a byte offset, both counted from one; the column counts characters.
    pub fn position(&self, offset: u32) -> (usize, usize) {
        let before = &self.text[..floor_char_boundary(&self.text, offset as usize)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (
            before.matches('\n').count() + 1,
            before[line_start..].chars().count() + 1,
        )
    }
}

fn floor_char_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// What a [`Source`] is written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Language {
    /// JavaScript or TypeScript from the first byte to the last.
    Script(Dialect),
    /// A file with scripts in it (`.vue`, `.svelte`, `.astro`, `.html`). Text outside of the regions is no code.
    Embedded(Vec<Script>),
    /// Configuration: environment files, YAML, `package.json`, Dockerfiles and the like.
    /// [`configuration::check`](crate::configuration::check) looks at these by their path.
    Configuration,
}

impl Language {
    /// The language of a file by the end of its name; what is no script counts as configuration.
    ///
    /// Embedded scripts need the text as well and are found by whoever reads the file.
    pub fn of_path(path: &str) -> Self {
        match path.rsplit_once('.').map(|(_, extension)| extension) {
            Some("ts" | "mts" | "cts") => Self::Script(Dialect::TypeScript),
            Some("tsx") => Self::Script(Dialect::Tsx),
            Some("js" | "jsx" | "mjs" | "cjs") => Self::Script(Dialect::JavaScript),
            _ => Self::Configuration,
        }
    }
}

/// A dialect of JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// JavaScript, with JSX allowed.
    JavaScript,
    /// TypeScript without JSX, so that `<T>value` is a cast.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
}

/// A script inside of another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Where the code is in the text of the file, without its tags.
    pub span: Span,
    /// What it is written in.
    pub dialect: Dialect,
}
