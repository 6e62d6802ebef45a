//! Names of modules that stand outside of imports: `declare module`, `/// <reference types>`, `require.resolve`, mocks,
//! and the aliases of bundlers and test runners; and what programs merge into Clerk's declarations.

use super::{Checker, insert, replace};
use crate::{
    Change, Confidence, Fix, Rule, module::export_name, resolve::clerk_package, value::Origin,
};
use oxc_ast::{
    AstKind,
    ast::{
        Argument, CallExpression, Declaration, ExportAllDeclaration, Expression, Statement,
        StringLiteral, TSExternalModuleDeclaration, TSInterfaceDeclaration, TSSignature, TSType,
    },
};
use oxc_semantic::NodeId;
use oxc_span::{GetSpan, Span};

/// Properties whose keys, or the strings in them, name modules.
const MODULE_MAPS: [&str; 12] = [
    "alias",
    "exclude",
    "external",
    "externals",
    "include",
    "moduleNameMapper",
    "noExternal",
    "optimizePackageImports",
    "paths",
    "resolveAlias",
    "serverComponentsExternalPackages",
    "transpilePackages",
];

impl<'a> Checker<'_, 'a> {
    /// The rule about an entry that is gone as a whole, and the entry that has everything now, if there is one.
    fn gone_entry(&self, entry: &str) -> Option<(&'static Rule, Option<&'static str>)> {
        if let Some((rule, _)) = self.entry_rule(entry) {
            return Some((rule, None));
        }
        let rules = self.index.exports.get(entry)?.values().flatten();
        rules.copied().find_map(|rule| match &rule.change {
            Change::ExportRenamed {
                entry: Some(target),
                ..
            } => Some((rule, Some(target.as_str()))),
            _ => None,
        })
    }

    /// Reports an entry that is gone, by its name. Whether it is one.
    pub(super) fn gone_module(&self, entry: &str, span: Span) -> bool {
        let Some((rule, target)) = self.gone_entry(entry) else {
            return false;
        };
        let fix = match target {
            Some(target) => Fix::Review(vec![replace(span, target)]),
            None => Fix::None,
        };
        let what = format!("`{entry}` is gone in Core 2");
        self.report(rule, &Self::imported_from_itself(entry), span, &what, fix);
        true
    }

    /// `export * from '…'`.
    pub(super) fn export_all(&self, export: &ExportAllDeclaration<'a>) {
        let entry = export.source.value.as_str();
        if clerk_package(entry).is_none()
            || self.gone_module(entry, inside(export.source.span))
            || export.exported.is_some()
        {
            return;
        }
        // Names that moved are not among all any more. Whether somebody misses them is not known.
        let mut moved: Vec<(&str, &'static Rule)> = Vec::new();
        for (name, rules) in self.index.exports.get(entry).into_iter().flatten() {
            let rules = rules.iter().copied();
            moved.extend(rules.map(|rule| (name.as_str(), rule)));
        }
        moved.sort_by_key(|(name, rule)| (rule.id, *name));
        for names in moved.chunk_by(|(_, one), (_, other)| one.id == other.id) {
            let rule = names[0].1;
            let Change::ExportMoved { to, others, .. } = &rule.change else {
                continue;
            };
            let is_left_out =
                |name: &str| !others.contains_key(name) && !self.exports_by_name(to, name);
            let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
            let names: Vec<&str> = names.into_iter().filter(|name| is_left_out(name)).collect();
            if names.is_empty() || export.export_kind.is_type() {
                continue;
            }
            let statement = format!("\nexport {{ {} }} from '{to}';", names.join(", "));
            let origin = Origin {
                confidence: Confidence::Possible,
                ..Self::imported_from(entry)
            };
            let what = format!(
                "`export *` leaves out `{}` in Core 2, it is exported by `{to}`",
                names.join("`, `")
            );
            let edits = vec![insert(export.span.end, statement)];
            self.report(rule, &origin, export.span, &what, Fix::Review(edits));
        }
    }

    /// Whether there is `export { name } from 'entry'`.
    fn exports_by_name(&self, entry: &str, name: &str) -> bool {
        self.module
            .program()
            .body
            .iter()
            .any(|statement| match statement {
                Statement::ExportFromDeclaration(export) if export.source.value == entry => {
                    let mut names = export.specifiers.iter();
                    names.any(|specifier| export_name(&specifier.local) == name)
                }
                _ => false,
            })
    }

    /// `declare module '…' { … }`.
    pub(super) fn module_declaration(&self, declaration: &TSExternalModuleDeclaration<'a>) {
        let entry = declaration.id.value.as_str();
        if clerk_package(entry).is_none() || self.gone_module(entry, inside(declaration.id.span)) {
            return;
        }
        let Some(block) = &declaration.body else {
            return;
        };
        for statement in &block.body {
            let declared = match statement {
                Statement::ExportDeclaration(export) => Some(&export.declaration),
                statement => statement.as_declaration(),
            };
            let Some((declared, span)) = declared.and_then(declared_name) else {
                continue;
            };
            for rule in self.index.export_rules(entry, declared) {
                let what = match &rule.change {
                    Change::ExportMoved { to, others, .. } => {
                        let to = others.get(declared).unwrap_or(to);
                        format!("`{declared}` is declared by `{to}` in Core 2")
                    }
                    Change::ExportRenamed { to, .. } => {
                        format!("`{declared}` is `{to}` in Core 2")
                    }
                    Change::ExportRemoved { .. } => format!("`{declared}` is gone in Core 2"),
                    _ => continue,
                };
                self.report(rule, &Self::imported_from(entry), span, &what, Fix::None);
            }
        }
    }

    /// An interface that merges into one of Clerk's global ones.
    pub(super) fn merged_interface(&self, id: NodeId, interface: &TSInterfaceDeclaration<'a>) {
        for rule in self
            .index
            .interfaces
            .iter()
            .filter(|(name, _)| interface.id.name == name.as_str())
            .map(|(_, rule)| *rule)
        {
            let Change::InterfaceMerged { member, values, .. } = &rule.change else {
                continue;
            };
            let is_global =
                self.module
                    .semantic
                    .nodes()
                    .ancestor_kinds(id)
                    .any(|kind| match kind {
                        AstKind::TSGlobalDeclaration(_) => true,
                        AstKind::TSExternalModuleDeclaration(module) => {
                            clerk_package(module.id.value.as_str()).is_some()
                        }
                        _ => false,
                    });
            if !is_global && !self.module.path.ends_with(".d.ts") {
                continue;
            }
            let property = interface
                .body
                .body
                .iter()
                .find_map(|signature| match signature {
                    TSSignature::TSPropertySignature(property)
                        if property.key.is_specific_static_name(member) =>
                    {
                        property.type_annotation.as_ref()
                    }
                    _ => None,
                });
            let Some(ty) = property.map(|annotation| &annotation.type_annotation) else {
                continue;
            };
            if !matches!(ty, TSType::TSUnionType(_) | TSType::TSLiteralType(_)) {
                continue;
            }
            let span = ty.span();
            let written = self.source(span);
            // Whoever has the keys of Core 2 there has been here before.
            if written.contains("org:") {
                continue;
            }
            let is_named = |value: &&String| {
                ['\'', '"']
                    .iter()
                    .any(|quote| written.contains(&format!("{quote}{value}{quote}")))
            };
            let missing: Vec<&String> = values.iter().filter(|value| !is_named(value)).collect();
            if missing.is_empty() {
                continue;
            }
            let quote = if written.contains('"') { '"' } else { '\'' };
            let added: String = missing
                .iter()
                .map(|value| format!(" | {quote}{value}{quote}"))
                .collect();
            let what = format!(
                "Core 2 takes the values of `{}.{member}` from here alone, the old defaults are not added to it",
                interface.id.name
            );
            // It is global: it belongs to the package on Core 1 that is declared.
            let Some(origin) = self.variable_origin(rule, Confidence::Certain) else {
                continue;
            };
            self.report(
                rule,
                &origin,
                span,
                &what,
                Fix::Review(vec![insert(span.end, added)]),
            );
        }
    }

    /// `require.resolve('…')`, `import.meta.resolve('…')`.
    pub(super) fn resolved_module(&self, call: &CallExpression<'a>) {
        let Expression::StaticMemberExpression(member) = call.callee.get_inner_expression() else {
            return;
        };
        let is_loader = match &member.object {
            Expression::Identifier(name) => name.name == "require",
            Expression::ImportMeta(_) => true,
            _ => false,
        };
        if let (true, "resolve", Some(Argument::StringLiteral(name))) = (
            is_loader,
            member.property.name.as_str(),
            call.arguments.first(),
        ) {
            self.gone_module(name.value.as_str(), inside(name.span));
        }
    }

    /// A string that names a module for a bundler or a test runner.
    pub(super) fn mapped_module(&self, id: NodeId, literal: &StringLiteral<'a>) {
        let Some(range) = module_in_pattern(literal.value.as_str()) else {
            return;
        };
        // With escapes, places in the value are not places in the text.
        if literal.value.len() + 2 != literal.span.size() as usize {
            return;
        }
        let is_map =
            self.module
                .semantic
                .nodes()
                .ancestor_kinds(id)
                .take(5)
                .any(|kind| match kind {
                    AstKind::ObjectProperty(property) => {
                        property.key.span() != literal.span
                            && property
                                .key
                                .static_name()
                                .is_some_and(|name| MODULE_MAPS.contains(&&*name))
                    }
                    _ => false,
                });
        if is_map {
            let entry = &literal.value.as_str()[range.clone()];
            let at = |offset: usize| literal.span.start + 1 + u32::try_from(offset).unwrap_or(0);
            self.gone_module(entry, Span::new(at(range.start), at(range.end)));
        }
    }

    /// `/// <reference types="…" />`.
    pub(super) fn references_of_types(&self) {
        const BEFORE: &str = "<reference types=";
        for comment in &self.module.program().comments {
            let text = self.source(comment.span);
            let Some((at, _)) = text.match_indices(BEFORE).next() else {
                continue;
            };
            let from = at + BEFORE.len() + 1;
            let Some(length) = text.get(from..).and_then(|rest| rest.find(['"', '\''])) else {
                continue;
            };
            let at = |offset: usize| comment.span.start + u32::try_from(offset).unwrap_or(0);
            let entry = &text[from..from + length];
            if text.starts_with("///") && clerk_package(entry).is_some() {
                self.gone_module(entry, Span::new(at(from), at(from + length)));
            }
        }
    }
}

/// Where the path of a Clerk module is in a string of a map, which may be a regular expression: `^@clerk/nextjs/api$`.
fn module_in_pattern(pattern: &str) -> Option<std::ops::Range<usize>> {
    let start = usize::from(pattern.starts_with('^'));
    let rest = &pattern[start..];
    let end = rest.find(['$', '(', '*', '\\', '?']).unwrap_or(rest.len());
    let path = &rest[..end];
    clerk_package(path).map(|_| start..start + path.len())
}

/// What is between the quotes of a literal.
fn inside(span: Span) -> Span {
    Span::new(span.start + 1, span.end - 1)
}

fn declared_name<'d>(declaration: &'d Declaration<'_>) -> Option<(&'d str, Span)> {
    let id = match declaration {
        Declaration::FunctionDeclaration(function) => function.id.as_ref()?,
        Declaration::ClassDeclaration(class) => class.id.as_ref()?,
        Declaration::TSInterfaceDeclaration(interface) => &interface.id,
        Declaration::TSTypeAliasDeclaration(alias) => &alias.id,
        Declaration::TSEnumDeclaration(declared) => &declared.id,
        Declaration::VariableDeclaration(variable) => {
            variable.declarations.first()?.id.get_binding_identifier()?
        }
        _ => return None,
    };
    Some((id.name.as_str(), id.span))
}

#[cfg(test)]
mod tests {
    use super::module_in_pattern;

    #[test]
    fn modules_in_patterns() {
        for (pattern, expected) in [
            ("@clerk/nextjs/api", Some("@clerk/nextjs/api")),
            ("^@clerk/nextjs/api$", Some("@clerk/nextjs/api")),
            ("^@clerk/nextjs/dist/(.*)$", Some("@clerk/nextjs/dist/")),
            ("^lodash$", None),
            ("^", None),
        ] {
            let found = module_in_pattern(pattern).map(|range| &pattern[range]);
            assert_eq!(found, expected, "{pattern}");
        }
    }
}
