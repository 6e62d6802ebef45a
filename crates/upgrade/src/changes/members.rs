//! Properties and methods of Clerk objects that have another name or are gone.

use super::{Checker, calls::for_review, replace};
use crate::{
    Change, Confidence, Edit, Fix, Rule,
    model::ModelType,
    value::{Origin, Type, Value},
};
use oxc_ast::{
    AstKind,
    ast::{
        AssignmentTargetProperty, BinaryExpression, BindingPattern, ComputedMemberExpression,
        Expression, ObjectAssignmentTarget, ObjectPattern, StaticMemberExpression,
        TSIndexedAccessType, TSLiteral, TSType, TSTypeName, TSTypeReference,
    },
};
use oxc_semantic::NodeId;
use oxc_span::{GetSpan, Span};

impl<'a> Checker<'_, 'a> {
    pub(super) fn static_member(&self, id: NodeId, member: &StaticMemberExpression<'a>) {
        let name = member.property.name.as_str();
        let Some(rules) = self.index.members.get(name) else {
            return;
        };
        let Some(value) = self.receiver(&member.object) else {
            return;
        };
        self.member_rules(rules, &value, name, member.property.span, |to| {
            let edit = replace(member.property.span, to);
            // A write to a property that only reads: the rename alone does not help.
            if self.is_written(id) {
                Fix::Review(vec![edit])
            } else {
                Fix::Safe(vec![edit])
            }
        });
    }

    pub(super) fn computed_member(&self, _id: NodeId, member: &ComputedMemberExpression<'a>) {
        let Expression::StringLiteral(key) = &member.expression else {
            return;
        };
        let Some(rules) = self.index.members.get(key.value.as_str()) else {
            return;
        };
        let Some(value) = self.receiver(&member.object) else {
            return;
        };
        let inside = Span::new(key.span.start + 1, key.span.end - 1);
        self.member_rules(rules, &value, key.value.as_str(), inside, |to| {
            Fix::Safe(vec![replace(inside, to)])
        });
    }

    /// The object of a member, `this` and members of `this` included.
    fn receiver(&self, object: &Expression<'a>) -> Option<Value> {
        self.value(object)
    }

    fn is_written(&self, id: NodeId) -> bool {
        match self.module.semantic.nodes().parent_kind(id) {
            AstKind::AssignmentExpression(assignment) => {
                assignment.left.span() == self.module.kind(id).span()
            }
            AstKind::UpdateExpression(_) => true,
            AstKind::UnaryExpression(unary) => unary.operator.is_delete(),
            _ => false,
        }
    }

    /// `const { profileImageUrl } = user`, in parameters as well.
    pub(super) fn object_pattern(&self, id: NodeId, pattern: &ObjectPattern<'a>) {
        self.environment_pattern(id, pattern);
        // `Promise.all([…, import('…')]).then(([…, { users }]) => …)`
        if let AstKind::ArrayPattern(_) = self.module.semantic.nodes().parent_kind(id)
            && let Some(Type::Entry(entry)) = self.module.destructured(id).map(|it| it.ty)
        {
            for property in &pattern.properties {
                if let Some(name) = property.key.static_name() {
                    self.destructured_use(&entry, None, pattern, property, &name);
                }
            }
        }
        for property in &pattern.properties {
            let Some(name) = property.key.static_name() else {
                continue;
            };
            let Some(rules) = self.index.members.get(&*name) else {
                continue;
            };
            let Some(value) = self.module.destructured(id) else {
                continue;
            };
            self.member_rules(rules, &value, &name, property.key.span(), |to| {
                Fix::Safe(vec![pattern_edit(
                    property.key.span(),
                    property.shorthand,
                    to,
                    bound_name(&property.value),
                )])
            });
        }
    }

    /// `({ profileImageUrl } = user)`.
    pub(super) fn assignment_pattern(&self, id: NodeId, pattern: &ObjectAssignmentTarget<'a>) {
        for property in &pattern.properties {
            let (name, span, shorthand) = match property {
                AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(property) => (
                    property.binding.name.as_str().to_owned(),
                    property.binding.span,
                    true,
                ),
                AssignmentTargetProperty::AssignmentTargetPropertyProperty(property) => {
                    match property.name.static_name() {
                        Some(name) => (name.into_owned(), property.name.span(), false),
                        None => continue,
                    }
                }
            };
            let Some(rules) = self.index.members.get(&name) else {
                continue;
            };
            let Some(value) = self.module.destructured(id) else {
                continue;
            };
            self.member_rules(rules, &value, &name, span, |to| {
                Fix::Safe(vec![pattern_edit(span, shorthand, to, None)])
            });
        }
    }

    /// `orgRole === 'admin'`.
    pub(super) fn comparison(&self, comparison: &BinaryExpression<'a>) {
        if !comparison.operator.is_equality() {
            return;
        }
        let sides = [&comparison.left, &comparison.right];
        for (text, other) in [(sides[0], sides[1]), (sides[1], sides[0])] {
            let Expression::StringLiteral(text) = text else {
                continue;
            };
            let text_of = |rule: &'static Rule| match &rule.change {
                Change::ValuesRenamed { types, values } => {
                    Some((types, values.get(text.value.as_str())?))
                }
                _ => None,
            };
            let rules = self.index.values.get(text.value.as_str());
            for rule in rules.into_iter().flatten() {
                let Some((types, to)) = text_of(rule) else {
                    continue;
                };
                let value = self.value(other).filter(|value| {
                    let interface = value.interface();
                    interface.is_some_and(|name| types.iter().any(|ty| ty == name))
                });
                let Some(value) = value else { continue };
                // An instance may have kept the old texts.
                let value = value.weakened(Confidence::Likely, str::to_owned);
                let what = format!("`{}` is `{to}` unless the instance kept it", text.value);
                self.report(rule, &value.origin, text.span, &what, Fix::None);
            }
        }
    }

    /// `User['profileImageUrl']` in a type.
    pub(super) fn indexed_access(&self, access: &TSIndexedAccessType<'a>) {
        self.member_in_type(&access.object_type, &access.index_type);
    }

    /// `Pick<User, 'profileImageUrl'>` in a type.
    pub(super) fn picked_members(&self, reference: &TSTypeReference<'a>) {
        let TSTypeName::IdentifierReference(name) = &reference.type_name else {
            return;
        };
        if !matches!(name.name.as_str(), "Pick" | "Omit") {
            return;
        }
        if let Some(arguments) = &reference.type_arguments
            && let [object, keys] = arguments.params.as_slice()
        {
            self.member_in_type(object, keys);
        }
    }

    fn member_in_type(&self, object: &TSType<'a>, key: &TSType<'a>) {
        match key {
            TSType::TSUnionType(keys) => keys
                .types
                .iter()
                .for_each(|key| self.member_in_type(object, key)),
            TSType::TSLiteralType(literal) => {
                let TSLiteral::StringLiteral(key) = &literal.literal else {
                    return;
                };
                let Some(rules) = self.index.members.get(key.value.as_str()) else {
                    return;
                };
                let Some(value) = self.module.type_value(object, 0) else {
                    return;
                };
                let inside = Span::new(key.span.start + 1, key.span.end - 1);
                self.member_rules(rules, &value, key.value.as_str(), inside, |to| {
                    Fix::Safe(vec![replace(inside, to)])
                });
            }
            _ => {}
        }
    }

    fn member_rules(
        &self,
        rules: &[&'static Rule],
        value: &Value,
        name: &str,
        span: Span,
        rename: impl Fn(&str) -> Fix,
    ) {
        for rule in rules {
            let of_options;
            let (types, to, new_value) = match &rule.change {
                Change::MemberRenamed { types, members } => (types, members.get(name), false),
                Change::MemberRemoved { types, .. } => (types, None, false),
                Change::OptionRenamed { to, new_value, .. } => {
                    of_options = self.index.option_types(name, rule);
                    (&of_options, Some(to), *new_value)
                }
                Change::OptionRemoved { .. } => {
                    of_options = self.index.option_types(name, rule);
                    (&of_options, None, false)
                }
                _ => continue,
            };
            let origin: &Origin = &value.origin;
            let owner = match &value.ty {
                Type::Model(ModelType::Named(interface)) => *interface,
                // A type without a name goes by the function that gives it.
                Type::Model(ModelType::Inline(inline)) => inline.owner.as_str(),
                _ => continue,
            };
            let matching = types.iter().any(|ty| ty == owner);
            if !matching {
                continue;
            }
            match to {
                Some(to) => self.report(
                    rule,
                    origin,
                    span,
                    &format!("`{name}` is `{to}` in Core 2"),
                    if new_value {
                        for_review(rename(to))
                    } else {
                        rename(to)
                    },
                ),
                None => self.report(
                    rule,
                    origin,
                    span,
                    &format!("`{name}` is gone in Core 2"),
                    Fix::None,
                ),
            }
        }
    }
}

fn bound_name<'p>(pattern: &'p BindingPattern<'_>) -> Option<&'p str> {
    match pattern {
        BindingPattern::BindingIdentifier(id) => Some(id.name.as_str()),
        BindingPattern::AssignmentPattern(pattern) => bound_name(&pattern.left),
        _ => None,
    }
}

/// The edit of a key in an object pattern, which keeps the name it is bound to.
fn pattern_edit(key: Span, shorthand: bool, to: &str, bound: Option<&str>) -> Edit {
    match (shorthand, bound) {
        // `{ imageUrl: imageUrl }` would be odd; a shorthand keeps its name by naming it.
        (true, _) => Edit::insert(key.start, format!("{to}: ")),
        // `{ profileImageUrl: imageUrl }` becomes a shorthand by itself only when written so: leave the form.
        (false, _) => replace(key, to),
    }
}
