//! JSX of Clerk components: props, appearance, localization.

use super::{Checker, replace};
use crate::{
    Change, Confidence, Edit, Fix, Rule,
    model::ModelType,
    value::{Origin, Type, Value},
};
use oxc_ast::{
    AstKind,
    ast::{
        JSXAttribute, JSXAttributeItem, JSXElementName, JSXMemberExpressionObject,
        JSXOpeningElement, ObjectExpression,
    },
};
use oxc_semantic::NodeId;
use oxc_span::{GetSpan, Span};

impl<'a> Checker<'_, 'a> {
    pub(super) fn element(&self, element: &JSXOpeningElement<'a>) {
        let Some(value) = self.element_value(element) else {
            return;
        };
        let Type::Model(ModelType::Component(component)) = value.ty else {
            return;
        };
        let Some(rules) = self.index.components.get(component) else {
            return;
        };
        for rule in rules {
            match &rule.change {
                Change::PropRenamed { props, new_value } => {
                    for (prop, to) in props {
                        if let Some((owner, prop)) = prop.split_once('.')
                            && owner == component
                        {
                            self.renamed_prop(
                                element,
                                rule,
                                &value.origin,
                                component,
                                prop,
                                to,
                                *new_value,
                            );
                        }
                    }
                }
                Change::PropRemoved { props, .. } => {
                    for prop in props {
                        let Some(attribute) = attribute_of(element, prop) else {
                            continue;
                        };
                        let what = format!("`<{component}>` has no prop `{prop}` in Core 2");
                        let fix = Fix::Review(vec![self.without_attribute(attribute)]);
                        self.report(rule, &value.origin, attribute.name.span(), &what, fix);
                    }
                }
                Change::ComponentChanged { prop, .. } => {
                    if prop
                        .as_ref()
                        .is_some_and(|prop| attribute_of(element, prop).is_none())
                    {
                        continue;
                    }
                    let name = element.name.span();
                    let is_first = !self
                        .findings
                        .borrow()
                        .iter()
                        .any(|finding| finding.rule == rule.id);
                    if is_first {
                        let what = format!("`<{component}>` looks different in Core 2");
                        self.report(rule, &value.origin, name, &what, Fix::None);
                    }
                }
                _ => {}
            }
        }
    }

    fn element_value(&self, element: &JSXOpeningElement<'a>) -> Option<Value> {
        match &element.name {
            JSXElementName::IdentifierReference(name) => self
                .module
                .symbol_value(self.module.symbol_of(&name.reference_id)?),
            JSXElementName::MemberExpression(member) => {
                let JSXMemberExpressionObject::IdentifierReference(object) = &member.object else {
                    return None;
                };
                self.module
                    .symbol_value(self.module.symbol_of(&object.reference_id)?)?
                    .member(member.property.name.as_str())
            }
            _ => None,
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parameters of one kind of rule"
    )]
    fn renamed_prop(
        &self,
        element: &JSXOpeningElement<'a>,
        rule: &'static Rule,
        origin: &Origin,
        component: &str,
        prop: &str,
        to: &[String],
        new_value: bool,
    ) {
        let Some(attribute) = attribute_of(element, prop) else {
            return;
        };
        let name = attribute.name.span();
        let Some((first, others)) = to.split_first() else {
            return;
        };
        let what = format!(
            "the prop `{prop}` of `<{component}>` is {} in Core 2",
            in_words(to)
        );
        if attribute_of(element, first).is_some() {
            let fix = Fix::Review(vec![self.without_attribute(attribute)]);
            self.report(rule, origin, name, &what, fix);
            return;
        }
        let mut edits = vec![replace(name, first.as_str())];
        if let Some(value) = &attribute.value {
            let mut text = String::new();
            for other in others {
                text.push_str(&format!(" {other}={}", self.source(value.span())));
            }
            if !text.is_empty() {
                edits.push(Edit::insert(attribute.span.end, text));
            }
        }
        let fix = if new_value {
            Fix::Review(edits)
        } else {
            Fix::Safe(edits)
        };
        self.report(rule, origin, name, &what, fix);
    }

    fn without_attribute(&self, attribute: &JSXAttribute<'a>) -> Edit {
        let before = &self.module.text[..attribute.span.start as usize];
        let start = before.trim_end().len();
        replace(
            Span::new(
                u32::try_from(start).unwrap_or(attribute.span.start),
                attribute.span.end,
            ),
            "",
        )
    }

    /// Keys of `appearance` and `localization` objects, and of schemas of the environment.
    pub(super) fn object_keys(&self, id: NodeId, object: &ObjectExpression<'a>) {
        self.environment_keys(object);
        for property in &object.properties {
            let Some(property) = property.as_property() else {
                continue;
            };
            let Some(name) = property.key.static_name() else {
                continue;
            };
            if let Some(rules) = self.index.appearance.get(&*name) {
                for rule in rules {
                    let Change::AppearanceKeys {
                        part,
                        renamed,
                        removed,
                        ..
                    } = &rule.change
                    else {
                        continue;
                    };
                    let Some(origin) = self.appearance_origin(id, part) else {
                        continue;
                    };
                    let (what, fix) = match renamed.get(&*name) {
                        Some(to) => (
                            format!("the key `{name}` of `{part}` is `{to}` in Core 2"),
                            Fix::Safe(vec![self.renamed_key(property, to)]),
                        ),
                        None if removed.iter().any(|key| *key == name) => (
                            format!("the key `{name}` of `{part}` is not known to Core 2"),
                            Fix::Safe(vec![self.without_property(object, property.span)]),
                        ),
                        None => (
                            format!("the key `{name}` of `{part}` means something else in Core 2"),
                            Fix::None,
                        ),
                    };
                    self.report(rule, &origin, property.key.span(), &what, fix);
                }
            }
            for (path, rule) in self.index.localization.get(&*name).into_iter().flatten() {
                let Change::LocalizationKeys { removed, .. } = &rule.change else {
                    continue;
                };
                if !self.is_at_path(id, path) {
                    continue;
                }
                let Some(origin) = self.given_to_component(id, "localization") else {
                    continue;
                };
                let what = if *removed {
                    format!("the key `{path}` of the localization is gone in Core 2")
                } else {
                    format!("the text that `{path}` replaces is another one in Core 2")
                };
                self.report(rule, &origin, property.key.span(), &what, Fix::None);
            }
        }
    }

    /// Whether an object is where a path of keys leads to, up to its last key.
    fn is_at_path(&self, object: NodeId, path: &str) -> bool {
        let mut at = object;
        for key in path.rsplit('.').skip(1) {
            let (outermost, kind) = self.module.outer(at);
            match kind {
                AstKind::ObjectProperty(property) if property.key.is_specific_static_name(key) => {
                    at = self.module.parent(self.module.parent(outermost));
                }
                _ => return false,
            }
        }
        !matches!(self.module.outer(at).1, AstKind::ObjectProperty(_))
    }

    /// Whether an object is the `elements` or `variables` of an appearance given to a Clerk component.
    fn appearance_origin(&self, object: NodeId, part: &str) -> Option<Origin> {
        let (_, kind) = self.module.outer(object);
        match kind {
            AstKind::ObjectProperty(property) if property.key.is_specific_static_name(part) => {}
            _ => return None,
        }
        self.given_to_component(object, "appearance")
    }

    /// Whether an object is, or is inside of, the value of a prop of a Clerk component, or a constant named like that prop.
    fn given_to_component(&self, node: NodeId, prop: &str) -> Option<Origin> {
        for ancestor in self.module.semantic.nodes().ancestors(node).take(24) {
            match ancestor.kind() {
                AstKind::JSXAttribute(attribute) => {
                    if attribute
                        .name
                        .as_identifier()
                        .is_none_or(|name| name.name != prop)
                    {
                        return None;
                    }
                    let AstKind::JSXOpeningElement(element) =
                        self.module.semantic.nodes().parent_kind(ancestor.id())
                    else {
                        return None;
                    };
                    let value = self.element_value(element)?;
                    return matches!(value.ty, Type::Model(ModelType::Component(_)))
                        .then(|| (*value.origin).clone());
                }
                AstKind::VariableDeclarator(declarator) => {
                    let name = declarator.id.get_identifier_name()?;
                    let speaks = name.to_ascii_lowercase().contains(prop);
                    let symbol = declarator.id.get_binding_identifier()?.symbol_id.get()?;
                    let used = self.module.references(symbol).find_map(|reference| {
                        let AstKind::JSXExpressionContainer(_) = self.module.outer(reference).1
                        else {
                            return None;
                        };
                        let container = self.module.parent(self.module.outer(reference).0);
                        let attribute = self.module.parent(container);
                        let AstKind::JSXAttribute(attribute_kind) = self.module.kind(attribute)
                        else {
                            return None;
                        };
                        let is_prop = attribute_kind
                            .name
                            .as_identifier()
                            .is_some_and(|name| name.name == prop);
                        let AstKind::JSXOpeningElement(element) =
                            self.module.semantic.nodes().parent_kind(attribute)
                        else {
                            return None;
                        };
                        let value = self.element_value(element)?;
                        (is_prop && matches!(value.ty, Type::Model(ModelType::Component(_))))
                            .then(|| (*value.origin).clone())
                    });
                    return used.or_else(|| {
                        let typed = declarator
                            .type_annotation
                            .as_ref()
                            .and_then(|ty| self.module.type_value(&ty.type_annotation, 0))?;
                        let interface = typed.interface()?;
                        (speaks || matches!(interface, "LocalizationResource" | "Appearance")).then(
                            || Origin {
                                confidence: Confidence::Likely,
                                ..(*typed.origin).clone()
                            },
                        )
                    });
                }
                AstKind::Function(_)
                | AstKind::ArrowFunctionExpression(_)
                | AstKind::CallExpression(_) => return None,
                _ => {}
            }
        }
        None
    }
}

fn attribute_of<'e, 'a>(
    element: &'e JSXOpeningElement<'a>,
    name: &str,
) -> Option<&'e JSXAttribute<'a>> {
    element
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            JSXAttributeItem::Attribute(attribute) => attribute
                .name
                .as_identifier()
                .is_some_and(|known| known.name == name)
                .then_some(&**attribute),
            JSXAttributeItem::SpreadAttribute(_) => None,
        })
}

fn in_words(names: &[String]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(" and ")
}
