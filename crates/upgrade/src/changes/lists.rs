//! Calls that gave an array and give `{ data, totalCount }` in Core 2.

use super::{Checker, insert, replace};
use crate::{Change, Fix, Rule, value::Value};
use oxc_ast::{
    AstKind,
    ast::{
        Argument, BindingPattern, CallExpression, Expression, FormalParameters, VariableDeclarator,
    },
};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::{GetSpan, Span};

/// Unwraps a promise without a statement of its own.
const UNWRAP: &str = ".then(({ data }) => data)";

impl<'a> Checker<'_, 'a> {
    pub(super) fn list_call(
        &self,
        id: NodeId,
        call: &CallExpression<'a>,
        rule: &'static Rule,
        callee: &Value,
    ) {
        let name = self.called_name(&call.callee);
        let Some(fix) = self.unwrapped(id, call) else {
            return;
        };
        let what = format!(
            "`{}` gives `{{ data, totalCount }}` in Core 2, not an array",
            self.source(name)
        );
        self.report(rule, &callee.origin, name, &what, fix);
    }

    /// A list method that is handed on instead of called: who calls it gets the page.
    pub(super) fn list_method_value(&self, id: NodeId, name: &str, span: Span) {
        if !self.index.methods.contains(name) {
            return;
        }
        let (outermost, kind) = self.module.outer(id);
        let handed_on = match kind {
            AstKind::VariableDeclarator(declarator) => {
                matches!(declarator.id, BindingPattern::BindingIdentifier(_))
            }
            AstKind::ObjectProperty(property) => {
                property.value.span() == self.module.kind(outermost).span()
            }
            AstKind::StaticMemberExpression(member) => {
                matches!(member.property.name.as_str(), "bind" | "call" | "apply")
            }
            _ => false,
        };
        if !handed_on {
            return;
        }
        let Some(value) = self.module.value_of(id) else {
            return;
        };
        let Some(signature) = value.signature() else {
            return;
        };
        for rule in self
            .index
            .functions
            .get(&signature.name)
            .into_iter()
            .flatten()
        {
            let what = match &rule.change {
                Change::ListWrapped { .. } => format!(
                    "`{name}` gives `{{ data, totalCount }}` in Core 2, not an array, to who calls it"
                ),
                Change::ArgumentsToOptions { to, .. } => {
                    let to = to.as_deref().unwrap_or(name);
                    format!("`{name}` is `{to}` in Core 2 and takes an object from who calls it")
                }
                Change::MethodReplaced { to, .. } | Change::CallToMember { to, .. } => {
                    format!("`{name}` is `{to}` in Core 2")
                }
                _ => continue,
            };
            self.report(rule, &value.origin, span, &what, Fix::None);
        }
    }

    fn called_name(&self, callee: &Expression<'a>) -> Span {
        match callee.get_inner_expression() {
            Expression::StaticMemberExpression(member) => member.property.span,
            Expression::ComputedMemberExpression(member) => member.expression.span(),
            Expression::ChainExpression(chain) => chain
                .expression
                .as_member_expression()
                .and_then(|member| member.static_property_info())
                .map_or(callee.span(), |(span, _)| span),
            other => other.span(),
        }
    }

    /// How the result of a call is taken apart in Core 2; nothing when that is done already or nothing is taken.
    fn unwrapped(&self, id: NodeId, call: &CallExpression<'a>) -> Option<Fix> {
        let (outermost, kind) = self.module.outer(id);
        // `client?.users.getUserList()` may be nothing, which cannot be taken apart.
        let optional = std::iter::successors(Some(id), |node| {
            (*node != outermost).then(|| self.module.parent(*node))
        })
        .any(|node| matches!(self.module.kind(node), AstKind::ChainExpression(_)));
        let promise_end = call.span.end;
        let unwrap_promise = || Some(Fix::Review(vec![insert(promise_end, UNWRAP)]));
        match kind {
            AstKind::AwaitExpression(wait) => {
                self.unwrapped_await(self.module.parent(outermost), wait.span, optional)
            }
            AstKind::StaticMemberExpression(member) => match member.property.name.as_str() {
                "then" => {
                    let parent = self.module.parent(outermost);
                    self.unwrapped_then(parent).unwrap_or_else(unwrap_promise)
                }
                // What a failed call is replaced by is an array as well: unwrap before it.
                "catch" => unwrap_promise(),
                "finally" => unwrap_promise(),
                // `getUserList().map(…)`: wrong before as well.
                _ => None,
            },
            AstKind::ExpressionStatement(_) => None,
            AstKind::UnaryExpression(unary) if unary.operator.is_void() => None,
            AstKind::ArrayExpression(_) if optional => unwrap_promise(),
            AstKind::ArrayExpression(_) => self
                .unwrapped_element(outermost)
                .unwrap_or_else(unwrap_promise),
            AstKind::VariableDeclarator(declarator) => {
                if self.is_taken_as_page(declarator) {
                    None
                } else {
                    unwrap_promise()
                }
            }
            _ => unwrap_promise(),
        }
    }

    /// `await getList()`, by what is around it.
    fn unwrapped_await(&self, wait: NodeId, wait_span: Span, optional: bool) -> Option<Fix> {
        let (suffix, closing) = if optional {
            ("?.data", ")?.data")
        } else {
            (".data", ").data")
        };
        let (outermost, kind) = self.module.outer(wait);
        let span = self.module.kind(outermost).span();
        // The array is taken out before a cast sees it: `(await getList()).data as User[]`.
        let around = self.module.kind(self.module.parent(wait));
        let (inner, data) = match around {
            AstKind::ParenthesizedExpression(_) => {
                (around.span(), vec![insert(around.span().end, suffix)])
            }
            _ => (
                wait_span,
                vec![insert(wait_span.start, "("), insert(wait_span.end, closing)],
            ),
        };
        let is_cast = inner != span;
        match kind {
            AstKind::VariableDeclarator(declarator) => match &declarator.id {
                BindingPattern::BindingIdentifier(name) => {
                    if let Some(symbol) = name.symbol_id.get() {
                        if self.is_page(symbol) {
                            return None;
                        }
                        if self.is_only_logged(symbol) {
                            return Some(Fix::None);
                        }
                    }
                    if optional || is_cast || declarator.type_annotation.is_some() {
                        return Some(Fix::Safe(data));
                    }
                    let counts_only = name
                        .symbol_id
                        .get()
                        .is_some_and(|symbol| self.is_only_counted(symbol));
                    let pattern = pattern_of(name.name.as_str());
                    let fix = vec![replace(name.span, pattern)];
                    Some(if counts_only {
                        Fix::Review(fix)
                    } else {
                        Fix::Safe(fix)
                    })
                }
                BindingPattern::ArrayPattern(_)
                    if is_cast || declarator.type_annotation.is_some() =>
                {
                    Some(Fix::Safe(data))
                }
                BindingPattern::ArrayPattern(pattern) => Some(Fix::Safe(vec![
                    insert(pattern.span.start, "{ data: "),
                    insert(pattern.span.end, " }"),
                ])),
                BindingPattern::ObjectPattern(pattern) => {
                    let has_page = pattern.properties.iter().any(|property| {
                        property.key.is_specific_static_name("data")
                            || property.key.is_specific_static_name("totalCount")
                    });
                    if has_page {
                        return None;
                    }
                    Some(Fix::Review(vec![
                        insert(pattern.span.start, "{ data: "),
                        insert(pattern.span.end, " }"),
                    ]))
                }
                BindingPattern::AssignmentPattern(_) => Some(Fix::Review(data)),
            },
            AstKind::StaticMemberExpression(member) => match member.property.name.as_str() {
                "data" | "totalCount" => None,
                "length" => Some(Fix::Review(data)),
                _ => Some(Fix::Safe(data)),
            },
            AstKind::ComputedMemberExpression(member) => {
                if member.object.span() == span {
                    Some(Fix::Safe(data))
                } else {
                    Some(Fix::Review(data))
                }
            }
            AstKind::ForOfStatement(statement) if statement.right.span() == span => {
                Some(Fix::Safe(data))
            }
            AstKind::SpreadElement(_) => Some(Fix::Safe(data)),
            AstKind::AssignmentExpression(assignment) if assignment.right.span() == span => {
                if let oxc_ast::ast::AssignmentTarget::AssignmentTargetIdentifier(name) =
                    &assignment.left
                    && let Some(symbol) = self.module.symbol_of(&name.reference_id)
                    && self.is_page(symbol)
                {
                    return None;
                }
                if let oxc_ast::ast::AssignmentTarget::ObjectAssignmentTarget(pattern) =
                    &assignment.left
                {
                    return self
                        .source(pattern.span)
                        .contains("data")
                        .then_some(())
                        .map_or(Some(Fix::Review(data)), |()| None);
                }
                Some(Fix::Safe(data))
            }
            AstKind::ExpressionStatement(_) => None,
            AstKind::CallExpression(call) => {
                let is_console = matches!(call.callee.get_inner_expression(), Expression::StaticMemberExpression(member)
                    if matches!(&member.object, Expression::Identifier(object) if object.name == "console"));
                if is_console {
                    Some(Fix::None)
                } else {
                    Some(Fix::Review(data))
                }
            }
            AstKind::UnaryExpression(_) => None,
            _ => Some(Fix::Review(data)),
        }
    }

    /// `.then(xs => …)`. The outer option says whether the callback could be read.
    fn unwrapped_then(&self, member: NodeId) -> Option<Option<Fix>> {
        let (_, kind) = self.module.outer(member);
        let AstKind::CallExpression(call) = kind else {
            return None;
        };
        let parameters: &FormalParameters<'a> = match call.arguments.first()? {
            Argument::ArrowFunctionExpression(function) => &function.params,
            Argument::FunctionExpression(function) => &function.params,
            _ => return None,
        };
        let Some(first) = parameters.items.first() else {
            return Some(None);
        };
        if first.type_annotation.is_some() {
            return None;
        }
        match &first.pattern {
            BindingPattern::BindingIdentifier(name) => {
                if name
                    .symbol_id
                    .get()
                    .is_some_and(|symbol| self.is_page(symbol))
                {
                    return Some(None);
                }
                let pattern = pattern_of(name.name.as_str());
                // `xs => E` has no parentheses around its parameter.
                let has_parentheses = self.source(parameters.span).starts_with('(');
                let pattern = if has_parentheses {
                    pattern
                } else {
                    format!("({pattern})")
                };
                Some(Some(Fix::Safe(vec![replace(name.span, pattern)])))
            }
            BindingPattern::ArrayPattern(pattern) => Some(Some(Fix::Safe(vec![
                insert(pattern.span.start, "{ data: "),
                insert(pattern.span.end, " }"),
            ]))),
            BindingPattern::ObjectPattern(pattern) => {
                let is_page = pattern.properties.iter().any(|property| {
                    property.key.is_specific_static_name("data")
                        || property.key.is_specific_static_name("totalCount")
                });
                is_page.then_some(None)
            }
            BindingPattern::AssignmentPattern(_) => None,
        }
    }

    /// An element of `const [a, xs] = await Promise.all([…])`. The outer option says whether it is one.
    fn unwrapped_element(&self, element: NodeId) -> Option<Option<Fix>> {
        let array = self.module.parent(element);
        let AstKind::ArrayExpression(elements) = self.module.kind(array) else {
            return None;
        };
        let span = self.module.kind(element).span();
        let index = elements
            .elements
            .iter()
            .position(|element| element.span() == span)?;
        let (outer_array, kind) = self.module.outer(array);
        let AstKind::CallExpression(call) = kind else {
            return None;
        };
        if !matches!(self.source(call.callee.span()), "Promise.all") {
            return None;
        }
        let all = self.module.parent(outer_array);
        let (outer_all, kind) = self.module.outer(all);
        let AstKind::AwaitExpression(_) = kind else {
            return None;
        };
        let wait = self.module.parent(outer_all);
        let AstKind::VariableDeclarator(declarator) = self.module.outer(wait).1 else {
            return None;
        };
        let BindingPattern::ArrayPattern(pattern) = &declarator.id else {
            return None;
        };
        if declarator.type_annotation.is_some() {
            return None;
        }
        match pattern.elements.get(index)? {
            None => Some(None),
            Some(BindingPattern::BindingIdentifier(name)) => {
                if name
                    .symbol_id
                    .get()
                    .is_some_and(|symbol| self.is_page(symbol))
                {
                    return Some(None);
                }
                Some(Some(Fix::Safe(vec![replace(
                    name.span,
                    pattern_of(name.name.as_str()),
                )])))
            }
            Some(BindingPattern::ArrayPattern(inner)) => Some(Some(Fix::Safe(vec![
                insert(inner.span.start, "{ data: "),
                insert(inner.span.end, " }"),
            ]))),
            Some(BindingPattern::ObjectPattern(inner)) => {
                let is_page = inner.properties.iter().any(|property| {
                    property.key.is_specific_static_name("data")
                        || property.key.is_specific_static_name("totalCount")
                });
                is_page.then_some(None)
            }
            Some(BindingPattern::AssignmentPattern(_)) => None,
        }
    }

    /// Whether a binding is read as `{ data, totalCount }`.
    fn is_page(&self, symbol: SymbolId) -> bool {
        let nodes = self.module.semantic.nodes();
        self.module.references(symbol).any(|node| {
            let (outermost, kind) = self.module.outer(node);
            match kind {
                AstKind::StaticMemberExpression(member) => {
                    member.object.span() == nodes.kind(outermost).span()
                        && matches!(member.property.name.as_str(), "data" | "totalCount")
                }
                AstKind::VariableDeclarator(VariableDeclarator {
                    id: BindingPattern::ObjectPattern(pattern),
                    ..
                }) => pattern.properties.iter().any(|property| {
                    property.key.is_specific_static_name("data")
                        || property.key.is_specific_static_name("totalCount")
                }),
                _ => false,
            }
        })
    }

    /// `const p = getList(); (await p).data`: already written for Core 2.
    fn is_taken_as_page(&self, declarator: &VariableDeclarator<'a>) -> bool {
        let BindingPattern::BindingIdentifier(name) = &declarator.id else {
            return false;
        };
        let Some(symbol) = name.symbol_id.get() else {
            return false;
        };
        self.is_page(symbol)
            || self.module.references(symbol).any(|node| {
                let (outermost, kind) = self.module.outer(node);
                let AstKind::AwaitExpression(_) = kind else {
                    return false;
                };
                match self.module.outer(self.module.parent(outermost)).1 {
                    AstKind::StaticMemberExpression(member) => {
                        matches!(member.property.name.as_str(), "data" | "totalCount")
                    }
                    AstKind::VariableDeclarator(VariableDeclarator {
                        id: BindingPattern::ObjectPattern(pattern),
                        ..
                    }) => pattern.properties.iter().any(|property| {
                        property.key.is_specific_static_name("data")
                            || property.key.is_specific_static_name("totalCount")
                    }),
                    _ => false,
                }
            })
    }

    fn is_only_logged(&self, symbol: SymbolId) -> bool {
        let mut references = self.module.references(symbol).peekable();
        references.peek().is_some()
            && references.all(|node| match self.module.outer(node).1 {
                AstKind::CallExpression(call) => {
                    self.source(call.callee.span()).starts_with("console.")
                }
                _ => false,
            })
    }

    fn is_only_counted(&self, symbol: SymbolId) -> bool {
        let mut references = self.module.references(symbol).peekable();
        references.peek().is_some()
            && references.all(|node| match self.module.outer(node).1 {
                AstKind::StaticMemberExpression(member) => member.property.name == "length",
                _ => false,
            })
    }
}

/// The pattern that binds the data of a page to a name.
fn pattern_of(name: &str) -> String {
    if name == "data" {
        "{ data }".to_owned()
    } else {
        format!("{{ data: {name} }}")
    }
}
