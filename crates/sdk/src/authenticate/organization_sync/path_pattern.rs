//! Path patterns in the syntax of path-to-regexp 6, translated to regular expressions.
//!
//! A match is of the whole path, ignores case, and allows one slash more at the end.

use std::collections::HashMap;
use std::fmt;

use regex::bytes::{Regex, RegexBuilder};

/// How long a pattern may be, in bytes.
const MAX_PATTERN_LENGTH: usize = 4096;
/// How large its regular expression may become, in bytes.
const MAX_COMPILED_SIZE: usize = 1 << 20;
/// A parameter ends before any of these.
const DELIMITERS: &str = "/#?";

#[derive(Clone)]
pub(super) struct PathPattern {
    regex: Regex,
    parameters: Vec<Parameter>,
}

#[derive(Clone)]
struct Parameter {
    name: String,
    /// What stands between its values, when it may have several.
    separator: Option<String>,
}

impl PathPattern {
    /// The error says what is wrong, and where.
    pub(super) fn new(pattern: &str) -> Result<Self, String> {
        if pattern.len() > MAX_PATTERN_LENGTH {
            return Err(format!("it is longer than {MAX_PATTERN_LENGTH} bytes"));
        }
        let pieces = Parser::new(pattern)?.pieces()?;
        let (source, parameters) = regex_of(&pieces)?;
        let regex = RegexBuilder::new(&source)
            .unicode(false)
            .case_insensitive(true)
            .size_limit(MAX_COMPILED_SIZE)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { regex, parameters })
    }

    /// The parameters of the path, or `None` if it does not match.
    pub(super) fn parameters(&self, path: &str) -> Option<HashMap<&str, String>> {
        let captures = self.regex.captures(path.as_bytes())?;
        let found = self.parameters.iter().zip(captures.iter().skip(1));
        Some(
            found
                .filter_map(|(parameter, value)| {
                    let value = std::str::from_utf8(value?.as_bytes()).ok()?;
                    let value = match &parameter.separator {
                        // What JavaScript makes of a list when it needs a text.
                        Some(separator) => value.replace(separator.as_str(), ","),
                        None => value.to_owned(),
                    };
                    Some((parameter.name.as_str(), value))
                })
                .collect(),
        )
    }
}

impl fmt::Debug for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PathPattern")
            .field(&self.regex.as_str())
            .finish()
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Name(String),
    Pattern(String),
    Character(char),
    Escaped(char),
    Modifier(char),
    End,
}

impl Token {
    fn kind(&self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Close => "CLOSE",
            Self::Name(_) => "NAME",
            Self::Pattern(_) => "PATTERN",
            Self::Character(_) => "CHAR",
            Self::Escaped(_) => "ESCAPED_CHAR",
            Self::Modifier(_) => "MODIFIER",
            Self::End => "END",
        }
    }
}

/// Takes a pattern apart. Positions are counted in characters.
fn tokens(pattern: &str) -> Result<Vec<(usize, Token)>, String> {
    let text: Vec<char> = pattern.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&character) = text.get(at) {
        let start = at;
        at += 1;
        let token = match character {
            '*' | '+' | '?' => Token::Modifier(character),
            '{' => Token::Open,
            '}' => Token::Close,
            '\\' => {
                let escaped = *text.get(at).unwrap_or(&'\\');
                at += 1;
                Token::Escaped(escaped)
            }
            ':' => {
                let is_in_name = |it: &&char| it.is_ascii_alphanumeric() || **it == '_';
                let name: String = text[at..].iter().take_while(is_in_name).collect();
                if name.is_empty() {
                    return Err(format!("Missing parameter name at {start}"));
                }
                at += name.len();
                Token::Name(name)
            }
            '(' => {
                let inner = inner_pattern(&text, start)?;
                at += inner.len() + 1;
                Token::Pattern(inner.iter().collect())
            }
            other => Token::Character(other),
        };
        tokens.push((start, token));
    }
    tokens.push((text.len(), Token::End));
    Ok(tokens)
}

/// What stands between the parenthesis at `open` and its counterpart.
fn inner_pattern(text: &[char], open: usize) -> Result<&[char], String> {
    let start = open + 1;
    if text.get(start) == Some(&'?') {
        return Err(format!("Pattern cannot start with \"?\" at {start}"));
    }
    let mut depth = 1;
    let mut at = start;
    while let Some(character) = text.get(at) {
        match character {
            '\\' => at += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            '(' => {
                depth += 1;
                if text.get(at + 1) != Some(&'?') {
                    return Err(format!("Capturing groups are not allowed at {at}"));
                }
            }
            _ => {}
        }
        at += 1;
    }
    match text.get(start..at) {
        Some(inner) if depth == 0 && !inner.is_empty() => Ok(inner),
        Some(_) if depth == 0 => Err(format!("Missing pattern at {open}")),
        _ => Err(format!("Unbalanced pattern at {open}")),
    }
}

enum Piece {
    Text(String),
    Group(Group),
}

struct Group {
    /// `None` for a group that only groups.
    name: Option<String>,
    prefix: String,
    suffix: String,
    pattern: Option<String>,
    modifier: Option<char>,
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    pieces: Vec<Piece>,
    /// Literal text that no piece has taken yet.
    text: String,
    unnamed: usize,
}

impl Parser {
    fn new(pattern: &str) -> Result<Self, String> {
        Ok(Self {
            tokens: tokens(pattern)?,
            at: 0,
            pieces: Vec::new(),
            text: String::new(),
            unnamed: 0,
        })
    }

    fn pieces(mut self) -> Result<Vec<Piece>, String> {
        loop {
            let character = self.take(|token| match token {
                Token::Character(character) => Some(*character),
                _ => None,
            });
            let (name, pattern) = (self.name(), self.pattern());
            if name.is_some() || pattern.is_some() {
                let mut prefix = character.map(String::from).unwrap_or_default();
                if !matches!(prefix.as_str(), "" | "." | "/") {
                    self.text.push_str(&prefix);
                    prefix.clear();
                }
                self.end_text();
                self.group(prefix, name, pattern, String::new())?;
            } else if let Some(character) = character.or_else(|| self.escaped()) {
                self.text.push(character);
            } else {
                self.end_text();
                if self.peek() != &Token::Open {
                    break;
                }
                self.at += 1;
                let prefix = self.plain_text();
                let (name, pattern) = (self.name(), self.pattern());
                let suffix = self.plain_text();
                self.expect(&Token::Close)?;
                self.group(prefix, name, pattern, suffix)?;
            }
        }
        self.expect(&Token::End)?;
        Ok(self.pieces)
    }

    fn group(
        &mut self,
        prefix: String,
        name: Option<String>,
        pattern: Option<String>,
        suffix: String,
    ) -> Result<(), String> {
        let pattern = match (&name, pattern) {
            (Some(name), None) => Some(self.default_pattern(name, &prefix)?),
            (_, pattern) => pattern,
        };
        let name = name.or_else(|| {
            pattern.as_ref().map(|_| {
                self.unnamed += 1;
                (self.unnamed - 1).to_string()
            })
        });
        let modifier = self.take(|token| match token {
            Token::Modifier(modifier) => Some(*modifier),
            _ => None,
        });
        self.pieces.push(Piece::Group(Group {
            name,
            prefix,
            suffix,
            pattern,
            modifier,
        }));
        Ok(())
    }

    /// A parameter reaches to the next delimiter, and not over the text that separates it from
    /// the one before.
    fn default_pattern(&self, name: &str, prefix: &str) -> Result<String, String> {
        let before = match self.pieces.last() {
            _ if !prefix.is_empty() => prefix,
            None => "",
            Some(Piece::Text(text)) => text,
            Some(Piece::Group(previous)) => {
                let previous = previous.name.as_deref().unwrap_or_default();
                return Err(format!(
                    "Must have text between two parameters, missing text after \"{previous}\" and before \"{name}\""
                ));
            }
        };
        let mut excluded = DELIMITERS.to_owned();
        let mut characters = before.chars();
        // A longer separator would take a look-ahead; the parameter may then run over it.
        if let (Some(one), None) = (characters.next(), characters.next())
            && !DELIMITERS.contains(one)
        {
            excluded.push(one);
        }
        Ok(format!("[^{}]+?", regex::escape(&excluded)))
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.pieces
                .push(Piece::Text(std::mem::take(&mut self.text)));
        }
    }

    fn peek(&self) -> &Token {
        self.tokens
            .get(self.at)
            .map_or(&Token::End, |(_, token)| token)
    }

    fn take<T>(&mut self, wanted: impl Fn(&Token) -> Option<T>) -> Option<T> {
        let found = wanted(self.peek());
        self.at += usize::from(found.is_some());
        found
    }

    fn name(&mut self) -> Option<String> {
        self.take(|token| match token {
            Token::Name(name) => Some(name.clone()),
            _ => None,
        })
    }

    fn pattern(&mut self) -> Option<String> {
        self.take(|token| match token {
            Token::Pattern(pattern) => Some(pattern.clone()),
            _ => None,
        })
    }

    fn escaped(&mut self) -> Option<char> {
        self.take(|token| match token {
            Token::Escaped(character) => Some(*character),
            _ => None,
        })
    }

    fn plain_text(&mut self) -> String {
        let mut text = String::new();
        while let Some(character) = self.take(|token| match token {
            Token::Character(character) | Token::Escaped(character) => Some(*character),
            _ => None,
        }) {
            text.push(character);
        }
        text
    }

    fn expect(&mut self, expected: &Token) -> Result<(), String> {
        if self.peek() == expected {
            self.at += 1;
            return Ok(());
        }
        let position = self
            .tokens
            .get(self.at)
            .map_or(0, |(position, _)| *position);
        Err(format!(
            "Unexpected {} at {position}, expected {}",
            self.peek().kind(),
            expected.kind()
        ))
    }
}

fn regex_of(pieces: &[Piece]) -> Result<(String, Vec<Parameter>), String> {
    let mut source = String::from("^");
    let mut parameters = Vec::new();
    for piece in pieces {
        let group = match piece {
            Piece::Text(text) => {
                source.push_str(&regex::escape(text));
                continue;
            }
            Piece::Group(group) => group,
        };
        let (prefix, suffix) = (regex::escape(&group.prefix), regex::escape(&group.suffix));
        let modifier = group.modifier.map(String::from).unwrap_or_default();
        let (Some(pattern), Some(name)) = (&group.pattern, &group.name) else {
            source.push_str(&format!("(?:{prefix}{suffix}){modifier}"));
            continue;
        };
        let repeats = matches!(group.modifier, Some('*' | '+'));
        let is_bare = prefix.is_empty() && suffix.is_empty();
        if repeats && is_bare {
            return Err(format!(
                "Can not repeat \"{name}\" without a prefix and suffix"
            ));
        }
        parameters.push(Parameter {
            name: name.clone(),
            separator: repeats.then(|| format!("{}{}", group.suffix, group.prefix)),
        });
        source.push_str(&if repeats {
            let optional = if modifier == "*" { "?" } else { "" };
            format!(
                "(?:{prefix}((?:{pattern})(?:{suffix}{prefix}(?:{pattern}))*){suffix}){optional}"
            )
        } else if is_bare {
            format!("({pattern}){modifier}")
        } else {
            format!("(?:{prefix}({pattern}){suffix}){modifier}")
        });
    }
    source.push_str("[/#?]?$");
    Ok((source, parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found() {
        for (pattern, path, expected) in [
            ("/orgs/:id(\\d+)", "/orgs/12", Some("12")),
            ("/orgs/:id(\\d+)", "/orgs/x", None),
            ("/x-:id", "/x-a-b", Some("a-b")),
            ("/a/:x-:id", "/a/b-c-d", Some("d")),
            ("/\\:id/:id", "/:id/7", Some("7")),
            ("/:lang{/:id}?", "/de/7", Some("7")),
            ("/orgs{/:id}*", "/orgs/a/b", Some("a,b")),
            ("/ORGS/:id", "/orgs/a?", Some("a")),
        ] {
            let pattern = PathPattern::new(pattern).expect(pattern);
            let found = pattern.parameters(path);
            let id = found.as_ref().and_then(|found| found.get("id"));
            assert_eq!(id.map(String::as_str), expected, "{pattern:?} {path}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (pattern, message) in [
            ("/orgs/:id/***", "Unexpected MODIFIER at 10, expected END"),
            ("/:", "Missing parameter name at 1"),
            ("/(", "Unbalanced pattern at 1"),
            ("/()", "Missing pattern at 1"),
            ("/(?:a)", "Pattern cannot start with \"?\" at 2"),
            ("/(a(b))", "Capturing groups are not allowed at 3"),
            ("/{a", "Unexpected END at 3, expected CLOSE"),
        ] {
            let error = PathPattern::new(pattern).expect_err(pattern);
            assert_eq!(error, message, "{pattern}");
        }
        for pattern in ["/(\\", "/:a:b", "/((?=a)b)", "(a)*", "/(a{9999}{9999})"] {
            assert!(PathPattern::new(pattern).is_err(), "{pattern}");
        }
        assert!(PathPattern::new(&"/a".repeat(MAX_PATTERN_LENGTH)).is_err());
    }
}
