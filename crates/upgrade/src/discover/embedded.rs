//! Scripts inside of other files: where they are, and what they are written in.

use crate::source::{Dialect, Script, Span};

/// The scripts in a file, by the end of its name; `None` for a file that is all script, or none.
///
/// - `.vue`, `.svelte`, `.html`: the `<script>` elements
/// - `.astro`: the frontmatter and the `<script>` elements
/// - `.mdx`: `import` and `export` at the top level; code fences are not code
pub fn scripts(path: &str, text: &str) -> Option<Vec<Script>> {
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension {
        "vue" | "svelte" | "html" | "htm" => elements(text, 0, Dialect::JavaScript),
        "astro" => {
            let frontmatter = frontmatter(text);
            let rest = frontmatter.as_ref().map_or(0, |span| span.end as usize);
            let frontmatter = frontmatter.map(|span| Script {
                span,
                dialect: Dialect::TypeScript,
            });
            let elements = elements(text, rest, Dialect::TypeScript);
            frontmatter.into_iter().chain(elements).collect()
        }
        "mdx" => modules(text),
        _ => return None,
    })
}

fn span(start: usize, end: usize) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    offset(start)..offset(end)
}

/// Between the two `---` lines at the top of a file.
fn frontmatter(text: &str) -> Option<Span> {
    let top = text.len() - text.trim_start_matches('\u{feff}').trim_start().len();
    let start = top + text[top..].strip_prefix("---").map(|_| "---".len())?;
    let mut offset = start;
    for line in text[start..].split_inclusive('\n') {
        if offset > start && line.trim_end() == "---" {
            return Some(span(start, offset));
        }
        offset += line.len();
    }
    None
}

/// The `<script>` elements from an offset on, as a browser finds them: comments are skipped, and a
/// script ends at the first `</script`.
fn elements(text: &str, from: usize, default: Dialect) -> Vec<Script> {
    let mut found = Vec::new();
    let mut at = from;
    while let Some(open) = text[at..].find('<').map(|offset| at + offset) {
        let rest = &text[open..];
        if rest.starts_with("<!--") {
            match rest.find("-->") {
                Some(end) => at = open + end,
                None => break,
            }
            continue;
        }
        at = open + 1;
        let is_script = (rest.as_bytes().get(1..7))
            .is_some_and(|name| name.eq_ignore_ascii_case(b"script"))
            && rest[7..]
                .starts_with(|next: char| next.is_whitespace() || next == '>' || next == '/');
        if !is_script {
            continue;
        }
        let Some(close) = tag_end(rest) else { break };
        let attributes = &rest[7..close];
        let start = open + close + 1;
        at = start;
        if attributes.ends_with('/') {
            continue;
        }
        let Some(end) = find_closing(&text[start..]).map(|offset| start + offset) else {
            break;
        };
        at = end;
        if let Some(dialect) = dialect(attributes, default) {
            found.push(Script {
                span: span(start, end),
                dialect,
            });
        }
    }
    found
}

/// The `>` that ends a tag, outside of quotes.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

fn find_closing(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let found = at + text[at..].find("</")?;
        let name = text.as_bytes().get(found + 2..found + 8);
        if name.is_some_and(|name| name.eq_ignore_ascii_case(b"script")) {
            return Some(found);
        }
        at = found + 2;
    }
}

/// What a `<script>` is written in; `None` for data.
fn dialect(attributes: &str, default: Dialect) -> Option<Dialect> {
    match attribute(attributes, "lang") {
        Some("ts" | "typescript") => return Some(Dialect::TypeScript),
        Some("tsx") => return Some(Dialect::Tsx),
        Some("js" | "jsx" | "javascript") => return Some(Dialect::JavaScript),
        Some(_) => return None,
        None => {}
    }
    match attribute(attributes, "type") {
        None | Some("") => Some(default),
        Some(
            "module" | "text/javascript" | "application/javascript" | "text/babel" | "text/jsx",
        ) => Some(default),
        Some("text/typescript" | "application/typescript" | "ts") => Some(Dialect::TypeScript),
        Some(_) => None,
    }
}

/// The value of an attribute.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    while let Some(at) = rest.find(name) {
        let is_start = rest[..at].ends_with(|before: char| before.is_whitespace());
        rest = &rest[at + name.len()..];
        let Some(value) = rest.trim_start().strip_prefix('=').filter(|_| is_start) else {
            continue;
        };
        let value = value.trim_start();
        return match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
            _ => value.split([' ', '\n', '\t', '/']).next(),
        };
    }
    None
}

/// The `import` and `export` blocks of MDX: they begin a line after an empty one, and end at an
/// empty line that is in no bracket.
fn modules(text: &str) -> Vec<Script> {
    let mut found = Vec::new();
    let mut block: Option<usize> = None;
    let mut depth = 0_i64;
    let mut fence: Option<&str> = None;
    let mut was_blank = true;
    let mut offset = 0;
    let mut end_block = |block: &mut Option<usize>, end: usize| {
        if let Some(start) = block.take() {
            found.push(Script {
                span: span(start, end),
                dialect: Dialect::JavaScript,
            });
        }
    };
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let is_blank = line.trim().is_empty();
        let trimmed = line.trim_start();
        if let Some(open) = fence {
            if trimmed.starts_with(open) {
                fence = None;
            }
            continue;
        }
        if block.is_some() && is_blank && depth <= 0 {
            end_block(&mut block, start);
        }
        if block.is_none() {
            let begins = was_blank && (line.starts_with("import ") || line.starts_with("export "));
            if begins {
                block = Some(start);
                depth = 0;
            } else {
                fence = ["```", "~~~"]
                    .into_iter()
                    .find(|fence| trimmed.starts_with(fence));
            }
        }
        if block.is_some() {
            for byte in line.bytes() {
                match byte {
                    b'(' | b'[' | b'{' => depth += 1,
                    b')' | b']' | b'}' => depth -= 1,
                    _ => {}
                }
            }
        }
        was_blank = is_blank;
    }
    end_block(&mut block, text.len());
    found
}

/// The program that the scripts and the template of a `.vue` or `.svelte` file are together: a text of
/// the same length in which all that is no code is blank and each expression of the template is a
/// statement. `None` for other files, whose scripts stand alone.
pub(crate) fn program(path: &str, text: &str, scripts: &[Script]) -> Option<(String, Dialect)> {
    let (_, extension) = path.rsplit_once('.')?;
    let dialect = scripts.iter().map(|script| script.dialect);
    let dialect = dialect.max_by_key(|dialect| *dialect != Dialect::JavaScript)?;
    let mut code: Vec<u8> = (text.bytes())
        .map(|byte| if byte == b'\n' { b'\n' } else { b' ' })
        .collect();
    let mut markup = Vec::new();
    let mut from = 0;
    for script in scripts {
        let (start, end) = (script.span.start as usize, script.span.end as usize);
        code.get_mut(start..end)?
            .copy_from_slice(text.as_bytes().get(start..end)?);
        markup.push(from..start);
        from = end;
    }
    markup.push(from..text.len());
    for part in markup {
        let offset = part.start;
        let part = text.get(part)?;
        let found = match extension {
            "vue" => vue_expressions(part),
            "svelte" => svelte_expressions(part),
            _ => return None,
        };
        for (start, end) in found {
            let (start, end) = (offset + start, offset + end);
            // What stands around an expression, quotes or braces, makes room for the parentheses.
            if start < 2 || code[start - 1] != b' ' || code.get(end) != Some(&b' ') {
                continue;
            }
            code[start..end].copy_from_slice(&text.as_bytes()[start..end]);
            code[start - 1] = b'(';
            code[end] = b')';
            for separator in [start - 2, end + 1] {
                if code.get(separator) == Some(&b' ') {
                    code[separator] = b';';
                }
            }
        }
    }
    Some((String::from_utf8(code).ok()?, dialect))
}

/// The expressions of a Vue template: `{{ … }}`, `:name="…"`, `v-bind:name="…"`, `v-if="…"` and their
/// like.
fn vue_expressions(markup: &str) -> Vec<(usize, usize)> {
    const DIRECTIVES: [&str; 7] = [
        " :",
        " v-bind:",
        " v-if",
        " v-else-if",
        " v-show",
        " v-html",
        " v-text",
    ];
    let mut found = Vec::new();
    for (open, _) in markup.match_indices("{{") {
        let start = open + 2;
        if let Some(length) = markup[start..].find("}}") {
            found.push((start, start + length));
        }
    }
    for (equals, _) in markup.match_indices("=\"") {
        let name = markup[..equals].rfind(char::is_whitespace);
        let name = name
            .map_or("", |at| &markup[at..equals])
            .replace(char::is_whitespace, " ");
        let start = equals + 2;
        if DIRECTIVES
            .iter()
            .any(|directive| name.starts_with(directive))
            && let Some(length) = markup[start..].find('"')
        {
            found.push((start, start + length));
        }
    }
    found.retain(|(start, end)| !markup[*start..*end].trim().is_empty());
    found.sort_unstable();
    found
}

/// The expressions of Svelte markup: `{…}`, `{@html …}`, `{#if …}`, `{:else if …}`.
fn svelte_expressions(markup: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = markup[at..].find('{').map(|offset| at + offset) {
        let mut depth = 0_usize;
        let close = markup[open..].bytes().position(|byte| {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let Some(close) = close.map(|length| open + length) else {
            break;
        };
        at = close + 1;
        let inside = &markup[open + 1..close];
        let prefix = ["@html ", "#if ", ":else if "]
            .iter()
            .find(|prefix| inside.starts_with(**prefix));
        let start = open + 1 + prefix.map_or(0, |prefix| prefix.len());
        let is_other_block = prefix.is_none() && inside.starts_with(['#', ':', '/', '@', '.']);
        if !is_other_block && !markup[start..close].trim().is_empty() {
            found.push((start, close));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(Dialect, String)> {
        let scripts = scripts(path, text).expect("a file with scripts");
        let shown = scripts.into_iter().map(|script| {
            let Span { start, end } = script.span;
            (
                script.dialect,
                text[start as usize..end as usize].trim().to_owned(),
            )
        });
        shown.collect()
    }

    fn script(dialect: Dialect, text: &str) -> (Dialect, String) {
        (dialect, text.to_owned())
    }

    #[test]
    fn elements_of_vue_svelte_and_html() {
        let vue = "<!-- <script>no()</script> -->\n<script lang=\"ts\">\nexport default {}\n</script>\n<script setup lang='ts' generic=\"T extends A<B>\">\nconst a = '<';\n</script>\n<template><p/></template>\n<style>a{}</style>";
        assert_eq!(
            found("a.vue", vue),
            [
                script(Dialect::TypeScript, "export default {}"),
                script(Dialect::TypeScript, "const a = '<';")
            ]
        );
        let svelte =
            "<script context=\"module\">let a;</script>\n<script>let b;</script>\n<h1>{b}</h1>";
        assert_eq!(
            found("a.svelte", svelte),
            [
                script(Dialect::JavaScript, "let a;"),
                script(Dialect::JavaScript, "let b;")
            ]
        );
        let html = "<scripting></scripting><SCRIPT type=module>a</SCRIPT><script type=\"application/json\">{}</script><script src=\"x.js\"></script><script>open";
        assert_eq!(
            found("a.html", html),
            [
                script(Dialect::JavaScript, "a"),
                script(Dialect::JavaScript, "")
            ]
        );
    }

    #[test]
    fn astro_has_a_frontmatter() {
        let text = "---\nimport { a } from 'b';\n---\n<p>{a}</p>\n<script>let c;</script>\n";
        assert_eq!(
            found("a.astro", text),
            [
                script(Dialect::TypeScript, "import { a } from 'b';"),
                script(Dialect::TypeScript, "let c;")
            ]
        );
        assert_eq!(found("a.astro", "<p/>"), []);
    }

    #[test]
    fn mdx_has_modules_and_no_fences() {
        let text = "import { A } from 'a'\nimport B from 'b'\n\n# Title\n\n```js\nimport { no } from 'x'\n```\n\nText with\nimport in it.\n\nexport const c = {\n\n  d: 1,\n}\n\n<A/>\n";
        assert_eq!(
            found("a.mdx", text),
            [
                script(
                    Dialect::JavaScript,
                    "import { A } from 'a'\nimport B from 'b'"
                ),
                script(Dialect::JavaScript, "export const c = {\n\n  d: 1,\n}")
            ]
        );
    }

    #[test]
    fn other_files_have_none() {
        assert_eq!(scripts("a.ts", ""), None);
        assert_eq!(scripts("Makefile", ""), None);
    }

    fn whole(path: &str, text: &str) -> String {
        let scripts = scripts(path, text).expect("a file with scripts");
        let (program, _) = program(path, text, &scripts).expect("a program");
        assert_eq!(program.len(), text.len());
        program.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn templates_belong_to_the_program() {
        let vue = "<template><img :src=\"user?.picture\" v-if=\"a\" @click=\"b = 1\" alt=\"x\">é {{ user.name }}</template>\n<script setup>\nconst user = 1\n</script>\n";
        assert_eq!(
            whole("a.vue", vue),
            ";(user?.picture); ;(a); ;( user.name ); const user = 1"
        );
        let svelte = "<script>\nlet user\n</script>\n{#if user} <img src={user.picture} {...rest}> {:else if b}{/if} {@html c}\n";
        assert_eq!(
            whole("a.svelte", svelte),
            "let user ;(user); ;(user.picture); ;(b); ;(c)"
        );
        assert_eq!(program("a.astro", "", &[]), None);
    }
}
