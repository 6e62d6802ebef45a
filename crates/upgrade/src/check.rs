//! The entry points: check a file, fix a file.

use crate::{
    Edit, Finding, Fix, Language, Project, RuleSet, Source, Span, changes::Checker, configuration,
    discover, edit, module::Module, project::Exports, source::Dialect,
};
use aho_corasick::{AhoCorasick, AhoCorasickKind, packed};
use memchr::memchr;
use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;
use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

/// The largest text that is parsed, in bytes.
pub const MAX_BYTES: usize = 10 << 20;
/// How deep brackets may be nested.
pub const MAX_NESTING: usize = 2_000;
/// The stack of a thread that checks files, in bytes: enough for nearly all of them. It takes memory where it is used.
pub(crate) const STACK: usize = 64 << 20;
/// How often a file is checked again after it was fixed.
const MAX_PASSES: usize = 64;
/// How many files a value is followed through.
const MAX_MODULE_DEPTH: usize = 8;

/// What checking a file gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The findings, in the order of their places.
    pub findings: Vec<Finding>,
    /// Why the file, or a script in it, was not read. Findings of its other scripts are there all the same.
    pub unread: Option<Unread>,
}

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is no valid JavaScript or TypeScript.
    #[error("it does not parse: {message} (line {line})")]
    Syntax {
        /// What the parser says.
        message: String,
        /// The line it stopped at, counted from one.
        line: usize,
    },
    /// Parsing would need more stack than is safe.
    #[error("its code is nested more than {limit} levels deep")]
    Nesting {
        /// The limit.
        limit: usize,
    },
    /// It is larger than what is read.
    #[error("it is larger than {limit} bytes")]
    Size {
        /// The limit in bytes.
        limit: usize,
    },
}

/// Whether a text can hold anything that a code rule looks for. False lets a file be dismissed before it is parsed.
///
/// That is the name Clerk, or a word that only Clerk's API has, for files that use what another file of the codebase
/// makes of Clerk. One pass over the text, some gigabytes in a second.
pub fn may_mention_clerk(text: &[u8]) -> bool {
    static WORDS: LazyLock<Vec<String>> = LazyLock::new(words);
    static PARTS: LazyLock<Option<packed::Searcher>> =
        LazyLock::new(|| packed::Searcher::new(parts(&WORDS)));
    static WHOLE: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        // What is faster takes a millisecond to be made.
        let kind = Some(AhoCorasickKind::ContiguousNFA);
        AhoCorasick::builder().kind(kind).build(&*WORDS).ok()
    });
    let from = match &*PARTS {
        Some(parts) => match parts.find(text) {
            // A word may begin before the part of it that is looked for.
            Some(found) => found.start().saturating_sub(LONGEST_WORD),
            None => return false,
        },
        None => 0,
    };
    WHOLE
        .as_ref()
        .is_none_or(|words| words.is_match(&text[from..]))
}

/// No word is longer, in bytes.
const LONGEST_WORD: usize = 64;

fn words() -> Vec<String> {
    let rules = RuleSet::all();
    let words = rules.index().words().chain(["clerk", "Clerk", "CLERK"]);
    words.map(str::to_owned).collect()
}

/// A few parts of words of which each word has one: a searcher is twice as fast with up to 32 of them.
fn parts(words: &[String]) -> Vec<&[u8]> {
    const LENGTH: usize = 7;
    let (mut parts, long): (Vec<&[u8]>, Vec<&[u8]>) = (words.iter())
        .map(String::as_bytes)
        .partition(|word| word.len() <= LENGTH);
    let has = |word: &[u8], part: &[u8]| word.windows(part.len()).any(|it| it == part);
    let mut left: Vec<bool> = (long.iter())
        .map(|word| !parts.iter().any(|part| has(word, part)))
        .collect();
    let mut holders: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    for (index, word) in long.iter().enumerate() {
        for part in word.windows(LENGTH) {
            holders.entry(part).or_default().push(index);
        }
    }
    while left.contains(&true) {
        let gain = |holders: &[usize]| holders.iter().filter(|index| left[**index]).count();
        // Beginnings are what a searcher looks at: those of many other words stop it too often.
        let rarity = |part: &[u8]| {
            part[..4]
                .iter()
                .filter(|it| !it.is_ascii_lowercase())
                .count()
        };
        let worth = |(part, held): &(&&[u8], &Vec<usize>)| (gain(held), rarity(part));
        let Some((part, held)) = holders.iter().max_by_key(worth) else {
            break;
        };
        parts.push(part);
        held.iter().for_each(|index| left[*index] = false);
    }
    parts
}

/// What the rules find in a file.
pub fn check_source(source: &Source, project: &Project, rules: &RuleSet) -> Checked {
    let mut checked = check_unix(source, project, rules);
    let has_return = memchr(b'\r', source.text.as_bytes()).is_some();
    if has_return && source.text.contains("\r\n") {
        let findings = checked.findings.iter_mut();
        for edit in findings.flat_map(|finding| finding.fix.edits_mut()) {
            edit.text = edit.text.replace("\r\n", "\n").replace('\n', "\r\n");
        }
    }
    checked
}

/// The same, with edits whose lines end with a line feed.
fn check_unix(source: &Source, project: &Project, rules: &RuleSet) -> Checked {
    let mut checked = Checked::default();
    if source.language == Language::Configuration {
        checked.findings = configuration::check(source, project, rules);
        return checked;
    }
    if let Some(findings) = check_with_template(source, project, rules) {
        checked.findings = findings;
        return checked;
    }
    for (span, dialect) in scripts(source) {
        match with_module(source, project, span, dialect, |module| {
            Checker::new(module, rules.index()).check()
        }) {
            Ok(findings) => checked.findings.extend(findings),
            Err(unread) => {
                checked.unread.get_or_insert(unread);
            }
        }
    }
    checked
}

/// What the rules find in a file whose scripts and template share their names. `None` for other files, and where they
/// make no program together.
fn check_with_template(
    source: &Source,
    project: &Project,
    rules: &RuleSet,
) -> Option<Vec<Finding>> {
    let Language::Embedded(scripts) = &source.language else {
        return None;
    };
    let (text, dialect) = discover::program(&source.path, &source.text, scripts)?;
    let end = u32::try_from(text.len()).ok()?;
    let whole = Source {
        text,
        ..source.clone()
    };
    let check = |module: &Module<'_>| Checker::new(module, rules.index()).check();
    with_module(&whole, project, 0..end, dialect, check).ok()
}

/// The scripts of a file.
fn scripts(source: &Source) -> Vec<(Span, Dialect)> {
    match &source.language {
        Language::Script(dialect) => {
            let end = u32::try_from(source.text.len()).unwrap_or(u32::MAX);
            vec![(0..end, *dialect)]
        }
        Language::Embedded(scripts) => scripts
            .iter()
            .map(|script| (script.span.clone(), script.dialect))
            .collect(),
        Language::Configuration => Vec::new(),
    }
}

/// Parses one script of a file and hands it to `use_it`.
fn with_module<T: Send>(
    source: &Source,
    project: &Project,
    span: Span,
    dialect: Dialect,
    use_it: impl FnOnce(&Module<'_>) -> T + Send,
) -> Result<T, Unread> {
    let whole = &source.text;
    if whole.len() > MAX_BYTES {
        return Err(Unread::Size { limit: MAX_BYTES });
    }
    let code = whole
        .get(span.start as usize..span.end as usize)
        .unwrap_or_default();
    if nesting(code.as_bytes()) > MAX_NESTING {
        return Err(Unread::Nesting { limit: MAX_NESTING });
    }
    // Blanks instead of what is around the script keep every offset that of the file.
    let padded;
    let text: &str = if code.len() == whole.len() {
        whole
    } else {
        padded = format!("{}{code}", " ".repeat(span.start as usize));
        &padded
    };
    // Expressions nest without brackets as well: the stack grows with the text.
    let stack = (code.len() * 2_048).clamp(1 << 20, 1 << 30);
    stacker::maybe_grow(stack, stack, || {
        let mut allocator = ALLOCATORS.with_borrow_mut(Vec::pop).unwrap_or_default();
        let used = parse(&allocator, text, dialect).map(|program| {
            let program = allocator.alloc(program);
            let read = read_exports;
            let module = Module::new(&source.path, source.package, text, program, project, &read);
            use_it(&module)
        });
        allocator.reset();
        ALLOCATORS.with_borrow_mut(|free| free.push(allocator));
        used
    })
}

thread_local! {
    /// Memory for syntax trees that is not in use.
    static ALLOCATORS: RefCell<Vec<Allocator>> = const { RefCell::new(Vec::new()) };
}

fn parse<'a>(
    allocator: &'a Allocator,
    text: &'a str,
    dialect: Dialect,
) -> Result<Program<'a>, Unread> {
    let parse_as = |kind: SourceType| {
        let options = ParseOptions {
            allow_return_outside_function: true,
            ..ParseOptions::default()
        };
        Parser::new(allocator, text, kind)
            .with_options(options)
            .parse()
    };
    let kinds: &[SourceType] = match dialect {
        // A `.js` file may hold Flow or TypeScript all the same.
        Dialect::JavaScript => &[SourceType::jsx(), SourceType::tsx(), SourceType::cjs()],
        Dialect::TypeScript => &[SourceType::ts(), SourceType::tsx(), SourceType::d_ts()],
        Dialect::Tsx => &[SourceType::tsx()],
    };
    let mut first = None;
    let mut recovered = None;
    for kind in kinds {
        let parsed = parse_as(*kind);
        if parsed.diagnostics.is_empty() && !parsed.panicked {
            return Ok(parsed.program);
        }
        if first.is_none() {
            first = parsed.diagnostics.into_iter().next();
        }
        if !parsed.panicked {
            recovered.get_or_insert(parsed.program);
        }
    }
    // A mistake that the parser could step over, such as an assignment to `a?.b`: the rest is understood.
    if let Some(program) = recovered {
        return Ok(program);
    }
    let (message, offset) = first.map_or_else(
        || ("unexpected end".to_owned(), 0),
        |error| {
            let offset = error.labels.first().map_or(0, |label| label.offset());
            (error.message.to_string(), offset)
        },
    );
    let line = text
        .get(..offset as usize)
        .unwrap_or_default()
        .matches('\n')
        .count()
        + 1;
    Err(Unread::Syntax { message, line })
}

/// How deep brackets are nested at most. Those in strings and comments count too, which only makes it larger.
fn nesting(code: &[u8]) -> usize {
    let is_opening = |byte: &u8| matches!(byte, b'(' | b'[' | b'{');
    // Few of them cannot be nested deep, and counting is fast.
    let most = code.iter().filter(|byte| is_opening(byte)).count();
    if most <= MAX_NESTING {
        return most;
    }
    let (mut depth, mut deepest) = (0usize, 0);
    for byte in code {
        match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

thread_local! {
    /// The files whose exports this thread is reading.
    static READING: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What another file of the codebase exports that comes from Clerk.
fn read_exports(project: &Project, path: &str) -> Arc<Exports> {
    let is_open = READING.with_borrow(|reading| {
        reading.len() >= MAX_MODULE_DEPTH || reading.iter().any(|known| known == path)
    });
    if is_open {
        return Arc::default();
    }
    project.exports(path, || {
        let Some(text) = project.files.read(path) else {
            return Exports::default();
        };
        let source = Source::new(path, text, project.package_of(path));
        let Language::Script(dialect) = source.language else {
            return Exports::default();
        };
        READING.with_borrow_mut(|reading| reading.push(path.to_owned()));
        let span = 0..u32::try_from(source.text.len()).unwrap_or(u32::MAX);
        let exports = with_module(&source, project, span, dialect, |module| module.exports());
        READING.with_borrow_mut(Vec::pop);
        exports.unwrap_or_default()
    })
}

/// Makes the edits of every finding that `wanted` accepts, pass after pass until nothing changes.
///
/// The text afterwards is in `source`, and scripts in it have moved with it. Returns the findings whose edits were made,
/// with spans of the text that each pass began with. A fix after which the file would not parse is left out, and one that
/// would be the first to declare a name twice.
pub fn fix_source(
    source: &mut Source,
    project: &Project,
    rules: &RuleSet,
    wanted: &mut dyn FnMut(&Finding) -> bool,
) -> Vec<Finding> {
    let mut made = Vec::new();
    let mut seen = vec![source.text.clone()];
    for _ in 0..MAX_PASSES {
        let checked = check_source(source, project, rules);
        let chosen: Vec<Finding> = checked
            .findings
            .into_iter()
            .filter(|finding| !finding.fix.edits().is_empty() && wanted(finding))
            .collect();
        if chosen.is_empty() {
            break;
        }
        let before = Soundness::of(source, project);
        let breaks = |edited: &Source| Soundness::of(edited, project) < before;
        let mut done = edit_source(source, &chosen);
        let mut picked = chosen;
        if breaks(&done.0) {
            // One of them breaks the file: keep those that do not, one at a time.
            let mut kept = Vec::new();
            for finding in picked {
                kept.push(finding);
                if breaks(&edit_source(source, &kept).0) {
                    kept.pop();
                }
            }
            done = edit_source(source, &kept);
            picked = kept;
        }
        if done.0.text == source.text || seen.contains(&done.0.text) {
            break;
        }
        seen.push(done.0.text.clone());
        made.extend(
            picked
                .into_iter()
                .zip(done.1)
                .filter(|(_, made)| *made)
                .map(|(finding, _)| finding),
        );
        *source = done.0;
    }
    made
}

/// How far an engine would come with a file.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Soundness {
    /// It does not parse.
    Unread,
    /// It parses, and is refused all the same: a name is declared twice, or the like.
    Mistaken,
    Sound,
}

impl Soundness {
    fn of(source: &Source, project: &Project) -> Self {
        let mut worst = Self::Sound;
        for (span, dialect) in scripts(source) {
            let has_mistakes = with_module(source, project, span, dialect, |module| {
                let semantic = SemanticBuilder::new()
                    .with_build_nodes(true)
                    .with_check_syntax_error(true);
                !semantic.build(module.program()).diagnostics.is_empty()
            });
            match has_mistakes {
                Err(_) => return Self::Unread,
                Ok(true) => worst = Self::Mistaken,
                Ok(false) => {}
            }
        }
        worst
    }
}

/// A source after the edits of findings, and which of them were made.
fn edit_source(source: &Source, findings: &[Finding]) -> (Source, Vec<bool>) {
    let fixes: Vec<&[Edit]> = findings.iter().map(|finding| finding.fix.edits()).collect();
    let applied = edit::apply(&source.text, fixes.iter().copied());
    let mut edits: Vec<&Edit> = fixes
        .iter()
        .zip(&applied.made)
        .filter(|(_, made)| **made)
        .flat_map(|(edits, _)| *edits)
        .collect();
    edits.sort_by_key(|edit| edit.span.start);
    let mut edited = Source {
        text: applied.text,
        ..source.clone()
    };
    if let Language::Embedded(scripts) = &mut edited.language {
        for script in scripts {
            let moved = |offset: u32, inclusive: bool| {
                let change: i64 = edits
                    .iter()
                    .filter(|edit| {
                        if inclusive {
                            edit.span.end <= offset
                        } else {
                            edit.span.end < offset
                        }
                    })
                    .map(|edit| {
                        let length = i64::try_from(edit.text.len()).unwrap_or(0);
                        length - i64::from(edit.span.end - edit.span.start)
                    })
                    .sum();
                u32::try_from(i64::from(offset) + change).unwrap_or(offset)
            };
            script.span = moved(script.span.start, false)..moved(script.span.end, true);
        }
    }
    (edited, applied.made)
}

/// The findings of [`check_source`] that `--fix` may make without asking.
pub fn is_safe(finding: &Finding) -> bool {
    matches!(finding.fix, Fix::Safe(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_part_that_is_looked_for() {
        let words = words();
        let parts = parts(&words);
        assert!(parts.len() <= 32, "{}", parts.len());
        for word in &words {
            assert!(word.len() <= LONGEST_WORD, "{word}");
            assert!(may_mention_clerk(word.as_bytes()), "{word}");
            let text = format!(
                "{}\nexport const a = b.{word}();",
                "x.session();".repeat(100)
            );
            assert!(may_mention_clerk(text.as_bytes()), "{word}");
        }
        assert!(!may_mention_clerk(b"request.session.profile"));
    }
}
