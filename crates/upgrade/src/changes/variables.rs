//! Environment variables in code: `process.env.X` and its kin in other runtimes and frameworks.

use super::{Checker, calls::property_of, replace};
use crate::configuration::PREFIXES;
use crate::{Change, Confidence, Fix, Rule, value::Origin};
use oxc_ast::{
    AstKind,
    ast::{
        BindingPattern, Expression, ObjectExpression, ObjectPattern, StaticMemberExpression,
        StringLiteral, TSPropertySignature, TSSignature, VariableDeclarator,
    },
};
use oxc_semantic::NodeId;
use oxc_span::{GetSpan, Span};

/// The new name of an environment variable, whatever its prefix, if `from` is its old name.
pub(crate) fn renamed_variable(name: &str, from: &str, to: &str) -> Option<String> {
    let prefix = name.strip_suffix(from)?;
    (prefix.is_empty() || PREFIXES.contains(&prefix)).then(|| format!("{prefix}{to}"))
}

impl<'a> Checker<'_, 'a> {
    fn variable_rules(
        &self,
        name: &str,
        span: Span,
        confidence: Confidence,
        // What stands there instead; nothing when the new name is there already.
        edit: impl Fn(&str) -> Option<String>,
    ) {
        for (from, rule) in &self.index.variables {
            let Change::EnvironmentVariable {
                to,
                new_value,
                exact,
                ..
            } = &rule.change
            else {
                continue;
            };
            let Some(new) = renamed_variable(name, from, to).filter(|_| !exact || name == from)
            else {
                continue;
            };
            let what = if *new_value {
                format!("`{name}` is `{new}` in Core 2, with another value")
            } else {
                format!("`{name}` is `{new}` in Core 2")
            };
            let fix = edit(&new).map_or(Fix::None, |text| Fix::Safe(vec![replace(span, text)]));
            let origin = self.variable_origin(rule, confidence);
            if let Some(origin) = origin {
                self.report(rule, &origin, span, &what, fix);
            }
        }
    }

    /// A variable belongs to the Clerk package on Core 1 that the file's package declares.
    pub(super) fn variable_origin(&self, rule: &Rule, confidence: Confidence) -> Option<Origin> {
        let generation = |package: &String| {
            self.module
                .project
                .declared_generation(self.module.package, package)
        };
        let declared: Vec<_> = rule
            .packages
            .iter()
            .filter(|package| generation(package) != crate::Generation::Undeclared)
            .collect();
        let package = match declared.as_slice() {
            // Nothing says which packages there are; those that are declared are others.
            [] if self.module.project.declares_clerk(self.module.package) => return None,
            [] => rule.packages.first()?,
            declared => declared
                .iter()
                .find(|package| generation(package) == crate::Generation::Core1)?,
        };
        Some(Origin {
            package: package.clone(),
            confidence,
            why: String::new(),
        })
    }

    /// `process.env.X`, `import.meta.env.X`, `Bun.env.X`, `c.env.X`, `env.X`.
    pub(super) fn environment_member(&self, member: &StaticMemberExpression<'a>) {
        let name = member.property.name.as_str();
        if name.contains("CLERK_") {
            let confidence = if is_environment(&member.object) {
                Confidence::Certain
            } else {
                Confidence::Likely
            };
            self.variable_rules(name, member.property.span, confidence, |new| {
                Some(new.to_owned())
            });
        }
    }

    /// `const { X } = process.env`.
    pub(super) fn environment_pattern(&self, id: NodeId, pattern: &ObjectPattern<'a>) {
        for property in &pattern.properties {
            let Some(name) = property.key.static_name() else {
                continue;
            };
            if !name.contains("CLERK_") {
                continue;
            }
            let from_environment = match self.module.semantic.nodes().parent_kind(id) {
                AstKind::VariableDeclarator(VariableDeclarator {
                    init: Some(init), ..
                }) => is_environment(init),
                _ => false,
            };
            let confidence = if from_environment {
                Confidence::Certain
            } else {
                Confidence::Likely
            };
            let shorthand = property.shorthand;
            let span = property.key.span();
            let bound = match &property.value {
                BindingPattern::BindingIdentifier(id) => id.name.as_str(),
                _ => &name,
            };
            let is_there = |new: &str| {
                pattern
                    .properties
                    .iter()
                    .any(|other| other.key.is_specific_static_name(new))
            };
            self.variable_rules(&name, span, confidence, |new| {
                let text = if shorthand {
                    format!("{new}: {bound}")
                } else {
                    new.to_owned()
                };
                (!is_there(new)).then_some(text)
            });
        }
    }

    /// Names in strings where strings name variables: `process.env['X']`, `Deno.env.get('X')`, `config.get('X')`.
    pub(super) fn environment_literal(&self, id: NodeId, literal: &StringLiteral<'a>) {
        if !literal.value.contains("CLERK_") {
            return;
        }
        let inside = Span::new(literal.span.start + 1, literal.span.end - 1);
        let confidence = match self.module.semantic.nodes().parent_kind(id) {
            AstKind::ComputedMemberExpression(member) if is_environment(&member.object) => {
                Confidence::Certain
            }
            AstKind::ComputedMemberExpression(_) => Confidence::Likely,
            AstKind::CallExpression(call) => match call.callee.get_inner_expression() {
                Expression::StaticMemberExpression(member)
                    if matches!(
                        member.property.name.as_str(),
                        "get" | "getOrThrow" | "getenv" | "string"
                    ) =>
                {
                    if is_environment(&member.object) {
                        Confidence::Certain
                    } else {
                        Confidence::Likely
                    }
                }
                Expression::Identifier(name) if name.name.to_ascii_lowercase().contains("env") => {
                    Confidence::Likely
                }
                _ => return,
            },
            // Lists of required variables.
            AstKind::ArrayExpression(_) => Confidence::Likely,
            _ => return,
        };
        self.variable_rules(literal.value.as_str(), inside, confidence, |new| {
            Some(new.to_owned())
        });
    }

    /// Keys of a schema of the environment: `z.object({ X: z.string() })`, `env: { X: process.env.X }`.
    pub(super) fn environment_keys(&self, object: &ObjectExpression<'a>) {
        for property in &object.properties {
            let Some(property) = property.as_property() else {
                continue;
            };
            let Some(name) = property.key.static_name() else {
                continue;
            };
            if !name.contains("CLERK_") {
                continue;
            }
            let key = property.key.span();
            let quoted = self.source(key).starts_with(['"', '\'']);
            let span = if quoted {
                Span::new(key.start + 1, key.end - 1)
            } else {
                key
            };
            let shorthand = property.shorthand;
            let old = name.clone().into_owned();
            let confidence = if self.is_variable_entry(&name, &property.value) {
                Confidence::Certain
            } else {
                Confidence::Likely
            };
            self.variable_rules(&name, span, confidence, |new| {
                let text = if shorthand {
                    format!("{new}: {old}")
                } else {
                    new.to_owned()
                };
                property_of(object, new).is_none().then_some(text)
            });
        }
    }

    /// Whether the value under a key says that the key names a variable: `X: process.env.X`, `X: z.string()`.
    fn is_variable_entry(&self, name: &str, value: &Expression<'a>) -> bool {
        let reads_it = match value.get_inner_expression() {
            Expression::StaticMemberExpression(member) => {
                member.property.name == name && is_environment(&member.object)
            }
            _ => false,
        };
        let text = self.source(value.span());
        let schemas = ["z.", "v.", "yup.", "Joi.", "joi.", "str(", "url("];
        reads_it || schemas.iter().any(|schema| text.starts_with(schema))
    }

    /// `interface ProcessEnv { X: string }`.
    pub(super) fn environment_declaration(&self, property: &TSPropertySignature<'a>) {
        if let Some(name) = property.key.static_name()
            && name.contains("CLERK_")
        {
            let members = match self.module.semantic.nodes().parent_kind(property.node_id()) {
                AstKind::TSInterfaceBody(body) => &body.body,
                AstKind::TSTypeLiteral(literal) => &literal.members,
                _ => return,
            };
            let is_there = |new: &str| {
                members.iter().any(|member| {
                    matches!(member, TSSignature::TSPropertySignature(other) if other.key.is_specific_static_name(new))
                })
            };
            let is_environment = self
                .module
                .semantic
                .nodes()
                .ancestor_kinds(property.node_id())
                .any(|kind| match kind {
                    AstKind::TSInterfaceDeclaration(interface) => matches!(
                        interface.id.name.as_str(),
                        "ProcessEnv" | "ImportMetaEnv" | "Env" | "CloudflareEnv"
                    ),
                    _ => false,
                });
            let confidence = if is_environment {
                Confidence::Certain
            } else {
                Confidence::Likely
            };
            self.variable_rules(&name, property.key.span(), confidence, |new| {
                (!is_there(new)).then(|| new.to_owned())
            });
        }
    }
}

/// `process.env`, `import.meta.env`, `Bun.env`, `Deno.env`, `env`, `c.env`, `env()`, `serverEnv`.
fn is_environment(object: &Expression<'_>) -> bool {
    match object.get_inner_expression() {
        Expression::StaticMemberExpression(member) => is_environment_name(&member.property.name),
        Expression::Identifier(name) => is_environment_name(&name.name),
        Expression::CallExpression(call) => {
            matches!(call.callee.get_inner_expression(), Expression::Identifier(name) if is_environment_name(&name.name))
        }
        _ => false,
    }
}

fn is_environment_name(name: &str) -> bool {
    matches!(name, "env" | "ENV" | "Env") || name.ends_with("Env")
}

impl<'a> Checker<'_, 'a> {
    /// A variable that is imported by its name.
    pub(super) fn imported_variable(&self, name: &str, span: Span, is_alias: bool) {
        let local = name.to_owned();
        self.variable_rules(name, span, Confidence::Certain, |new| {
            Some(if is_alias {
                new.to_owned()
            } else {
                format!("{new} as {local}")
            })
        });
    }
}
