//! The Clerk type model: what the packages of Core 1 export and what their objects hold.
//!
//! It is data, `model/core-1.d.ts`, read once with the parser that reads everything else.

use crate::resolve::split_package;
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    BindingPattern, Class, Declaration, ExportDefaultDeclarationKind, Expression, FormalParameters,
    Function, Program, PropertyKey, Statement, TSSignature, TSType, TSTypeAnnotation, TSTypeName,
};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType};
use rustc_hash::FxHashMap;
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

static DECLARATIONS: &str = include_str!("../model/core-1.d.ts");

/// The model of Core 1.
pub(crate) static CORE_1: LazyLock<Model> = LazyLock::new(|| Model::parse(DECLARATIONS));

/// A type of the model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ModelType {
    /// An interface by its name.
    Named(&'static str),
    List(Arc<ModelType>),
    Promise(Arc<ModelType>),
    /// `{ data, total_count }` of frontend lists.
    Page(Arc<ModelType>),
    /// An object type without a name.
    Inline(Arc<Members>),
    Function(Arc<Signature>),
    Component(&'static str),
    Unknown,
}

/// An object type without a name, and the function that gives it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Members {
    pub owner: String,
    pub members: BTreeMap<&'static str, ModelType>,
}

/// A function or method.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signature {
    /// `createClerkClient`, or `UserAPI.getUserList` for a method: what rules call it.
    pub name: String,
    pub parameters: Vec<ModelType>,
    pub returns: ModelType,
}

#[derive(Default)]
pub(crate) struct Model {
    interfaces: FxHashMap<&'static str, Interface>,
    aliases: FxHashMap<&'static str, &'static str>,
    modules: FxHashMap<&'static str, Module>,
    options: FxHashMap<String, Vec<&'static str>>,
}

#[derive(Default)]
struct Interface {
    extends: Vec<&'static str>,
    members: FxHashMap<&'static str, ModelType>,
}

#[derive(Default)]
struct Module {
    from: Vec<&'static str>,
    exports: FxHashMap<&'static str, ModelType>,
    default: Option<&'static str>,
}

impl Model {
    /// The name of an interface that a Clerk package exports as this type.
    pub fn interface(&self, name: &str) -> Option<&'static str> {
        if let Some(alias) = self.aliases.get(name) {
            return Some(alias);
        }
        self.interfaces.get_key_value(name).map(|(name, _)| *name)
    }

    /// What a member of an interface is.
    pub fn member(&self, interface: &str, member: &str) -> Option<&ModelType> {
        let found = self.interfaces.get(interface)?;
        found.members.get(member).or_else(|| {
            found
                .extends
                .iter()
                .find_map(|base| self.member(base, member))
        })
    }

    #[cfg(test)]
    pub fn module(&self, entry: &str) -> Option<&'static str> {
        self.modules.get_key_value(entry).map(|(name, _)| *name)
    }

    /// What an entry exports under a name, `default` included.
    pub fn export(&self, entry: &str, name: &str) -> Option<&ModelType> {
        let module = self.modules.get(entry)?;
        let name = if name == "default" {
            module.default?
        } else {
            name
        };
        module
            .exports
            .get(name)
            .or_else(|| module.from.iter().find_map(|from| self.export(from, name)))
    }

    /// The interfaces of the options that a function takes, by its name in the model.
    pub fn options(&self, function: &str) -> &[&'static str] {
        self.options.get(function).map_or(&[], Vec::as_slice)
    }

    fn read_options(&mut self) {
        let of_members = self.interfaces.values().flat_map(|it| it.members.values());
        let of_modules = self.modules.values().flat_map(|it| it.exports.values());
        for ty in of_members.chain(of_modules) {
            let ModelType::Function(signature) = ty else {
                continue;
            };
            for parameter in &signature.parameters {
                if let ModelType::Named(name) = parameter
                    && name.ends_with("Options")
                {
                    let known = self.options.entry(signature.name.clone()).or_default();
                    if !known.contains(name) {
                        known.push(name);
                    }
                }
            }
        }
    }

    /// The interface of the instances of a class that an entry exports.
    pub fn class(&self, entry: &str, name: &str) -> Option<&'static str> {
        match self.export(entry, name)? {
            ModelType::Function(class) if class.name.starts_with("new ") => match &class.returns {
                ModelType::Named(interface) => Some(interface),
                _ => None,
            },
            _ => None,
        }
    }

    /// All names that an entry exports, except for `default`.
    pub fn names(&self, entry: &str) -> Vec<&'static str> {
        let Some(module) = self.modules.get(entry) else {
            return Vec::new();
        };
        let inherited = module.from.iter().flat_map(|from| self.names(from));
        module.exports.keys().copied().chain(inherited).collect()
    }

    /// The names of all types that Clerk's packages export.
    pub fn type_names(&self) -> impl Iterator<Item = &'static str> {
        self.interfaces.keys().chain(self.aliases.keys()).copied()
    }

    /// What a path inside a package's build, such as `@clerk/nextjs/dist/api`, exports under a name: what any entry of
    /// the package has under it.
    pub fn deep_export(&self, path: &str, name: &str) -> Option<&ModelType> {
        self.export(self.deep_entry(path, name)?, name)
    }

    /// The entry of a package that exports what a path inside its build exports under a name.
    pub fn deep_entry(&self, path: &str, name: &str) -> Option<&'static str> {
        let (package, inside) = split_package(path);
        if !inside.starts_with("dist") || name == "default" {
            return None;
        }
        let entries = self.modules.keys().copied();
        let own = entries.filter(|entry| split_package(entry).0 == package);
        own.filter(|entry| self.export(entry, name).is_some()).min()
    }

    /// Names of `interface` members and of exports, for checks that a rule names something that exists.
    #[cfg(test)]
    pub fn function_names(&self) -> std::collections::HashSet<String> {
        let members = self
            .interfaces
            .values()
            .flat_map(|interface| interface.members.values());
        let exports = self
            .modules
            .values()
            .flat_map(|module| module.exports.values());
        let inline = exports.clone().filter_map(|export| match export {
            ModelType::Function(signature) => match &signature.returns {
                ModelType::Inline(inline) => {
                    Some(inline.members.values().cloned().collect::<Vec<_>>())
                }
                _ => None,
            },
            _ => None,
        });
        let inline: Vec<ModelType> = inline.flatten().collect();
        members
            .chain(exports)
            .chain(&inline)
            .filter_map(|ty| match ty {
                ModelType::Function(signature) => Some(signature.name.clone()),
                _ => None,
            })
            .collect()
    }

    fn parse(text: &'static str) -> Self {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, text, SourceType::d_ts()).parse();
        debug_assert!(
            parsed.diagnostics.is_empty(),
            "the type model does not parse: {:?}",
            parsed.diagnostics
        );
        let mut model = Self::default();
        let reader = Reader { text };
        reader.program(&parsed.program, &mut model);
        model.read_options();
        model
    }
}

struct Reader {
    text: &'static str,
}

impl Reader {
    fn text(&self, span: oxc_span::Span) -> &'static str {
        &self.text[span.start as usize..span.end as usize]
    }

    fn program(&self, program: &Program<'_>, model: &mut Model) {
        for statement in &program.body {
            match statement {
                Statement::TSInterfaceDeclaration(declaration) => {
                    let name = self.text(declaration.id.span);
                    let members = self
                        .members(&declaration.body.body, name)
                        .into_iter()
                        .collect();
                    let extends = declaration
                        .extends
                        .iter()
                        .map(|base| self.text(base.type_name.span()))
                        .collect();
                    model
                        .interfaces
                        .insert(name, Interface { extends, members });
                }
                Statement::TSTypeAliasDeclaration(alias) => {
                    model.aliases.insert(
                        self.text(alias.id.span),
                        self.text(alias.type_annotation.span()),
                    );
                }
                Statement::TSExternalModuleDeclaration(declaration) => {
                    let entry = self.text(declaration.id.span).trim_matches('"');
                    let module = model.modules.entry(entry).or_default();
                    for statement in declaration.body.iter().flat_map(|body| &body.body) {
                        self.export(statement, module);
                    }
                }
                _ => {}
            }
        }
    }

    fn export(&self, statement: &Statement<'_>, module: &mut Module) {
        match statement {
            Statement::ExportAllDeclaration(all) => {
                module
                    .from
                    .push(self.text(all.source.span).trim_matches('"'));
            }
            Statement::ExportDefaultDeclaration(default) => {
                if let ExportDefaultDeclarationKind::Identifier(name) = &default.declaration {
                    module.default = Some(self.text(name.span));
                }
            }
            Statement::ExportDeclaration(export) => match &export.declaration {
                Declaration::FunctionDeclaration(function) => {
                    if let Some(id) = &function.id {
                        let name = self.text(id.span);
                        module.exports.insert(name, self.function(function, name));
                    }
                }
                Declaration::VariableDeclaration(variables) => {
                    for variable in &variables.declarations {
                        if let BindingPattern::BindingIdentifier(id) = &variable.id {
                            let name = self.text(id.span);
                            let ty =
                                match self.annotation(variable.type_annotation.as_deref(), name) {
                                    ModelType::Named("Component") => ModelType::Component(name),
                                    ty => ty,
                                };
                            module.exports.insert(name, ty);
                        }
                    }
                }
                Declaration::ClassDeclaration(class) => self.class(class, module),
                _ => {}
            },
            _ => {}
        }
    }

    /// A class is a function that gives an instance of what it extends.
    fn class(&self, class: &Class<'_>, module: &mut Module) {
        let (Some(id), Some(base)) = (
            &class.id,
            class.heritage.as_ref().map(|heritage| &heritage.expression),
        ) else {
            return;
        };
        let name = self.text(id.span);
        let returns = match base {
            Expression::Identifier(base) => ModelType::Named(self.text(base.span)),
            _ => ModelType::Unknown,
        };
        let signature = Signature {
            name: format!("new {name}"),
            parameters: Vec::new(),
            returns,
        };
        module
            .exports
            .insert(name, ModelType::Function(Arc::new(signature)));
    }

    fn function(&self, function: &Function<'_>, name: &'static str) -> ModelType {
        ModelType::Function(Arc::new(Signature {
            name: name.to_owned(),
            parameters: self.parameters(&function.params),
            returns: self.annotation(function.return_type.as_deref(), name),
        }))
    }

    fn parameters(&self, parameters: &FormalParameters<'_>) -> Vec<ModelType> {
        parameters
            .items
            .iter()
            .map(|item| self.annotation(item.type_annotation.as_deref(), ""))
            .collect()
    }

    fn members(
        &self,
        signatures: &[TSSignature<'_>],
        owner: &str,
    ) -> BTreeMap<&'static str, ModelType> {
        let mut members = BTreeMap::new();
        for signature in signatures {
            match signature {
                TSSignature::TSPropertySignature(property) => {
                    if let Some(key) = self.key(&property.key) {
                        members.insert(
                            key,
                            self.annotation(property.type_annotation.as_deref(), owner),
                        );
                    }
                }
                TSSignature::TSMethodSignature(method) => {
                    if let Some(key) = self.key(&method.key) {
                        let signature = Signature {
                            name: format!("{owner}.{key}"),
                            parameters: self.parameters(&method.params),
                            returns: self.annotation(method.return_type.as_deref(), owner),
                        };
                        members.insert(key, ModelType::Function(Arc::new(signature)));
                    }
                }
                _ => {}
            }
        }
        members
    }

    fn key(&self, key: &PropertyKey<'_>) -> Option<&'static str> {
        matches!(key, PropertyKey::StaticIdentifier(_)).then(|| self.text(key.span()))
    }

    fn annotation(&self, annotation: Option<&TSTypeAnnotation<'_>>, owner: &'_ str) -> ModelType {
        annotation.map_or(ModelType::Unknown, |annotation| {
            self.ty(&annotation.type_annotation, owner)
        })
    }

    fn ty(&self, ty: &TSType<'_>, owner: &str) -> ModelType {
        match ty {
            TSType::TSArrayType(array) => {
                ModelType::List(Arc::new(self.ty(&array.element_type, owner)))
            }
            TSType::TSTypeLiteral(literal) => ModelType::Inline(Arc::new(Members {
                owner: owner.to_owned(),
                members: self.members(&literal.members, owner),
            })),
            TSType::TSFunctionType(function) => ModelType::Function(Arc::new(Signature {
                name: String::new(),
                parameters: self.parameters(&function.params),
                returns: self.ty(&function.return_type.type_annotation, owner),
            })),
            TSType::TSTypeReference(reference) => {
                let TSTypeName::IdentifierReference(name) = &reference.type_name else {
                    return ModelType::Unknown;
                };
                let argument = reference
                    .type_arguments
                    .as_ref()
                    .and_then(|arguments| arguments.params.first());
                match (self.text(name.span), argument) {
                    ("Promise", Some(argument)) => {
                        ModelType::Promise(Arc::new(self.ty(argument, owner)))
                    }
                    ("Page", Some(argument)) => ModelType::Page(Arc::new(self.ty(argument, owner))),
                    (name, _) => ModelType::Named(name),
                }
            }
            _ => ModelType::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_the_client_are_known() {
        let ModelType::Function(create) = CORE_1
            .export("@clerk/clerk-sdk-node", "createClerkClient")
            .unwrap()
        else {
            panic!("createClerkClient is a function")
        };
        assert_eq!(create.returns, ModelType::Named("BackendClient"));
        assert_eq!(
            CORE_1.member("BackendClient", "users"),
            Some(&ModelType::Named("UserAPI"))
        );
        let Some(ModelType::Function(list)) = CORE_1.member("UserAPI", "getUserList") else {
            panic!()
        };
        assert_eq!(list.name, "UserAPI.getUserList");
        assert_eq!(
            list.returns,
            ModelType::Promise(Arc::new(ModelType::List(Arc::new(ModelType::Named(
                "User"
            )))))
        );
    }

    #[test]
    fn defaults_and_inherited_exports_are_known() {
        assert_eq!(
            CORE_1.export("@clerk/clerk-sdk-node", "default"),
            Some(&ModelType::Named("BackendClient"))
        );
        assert!(CORE_1.export("@clerk/nextjs", "useUser").is_some());
        assert_eq!(CORE_1.interface("ClerkClient"), Some("BackendClient"));
        assert!(CORE_1.member("ActiveSessionResource", "user").is_some());
    }

    #[test]
    fn every_type_named_in_the_model_is_declared() {
        fn check(model: &Model, ty: &ModelType) {
            match ty {
                ModelType::Named(name) => {
                    assert!(model.interface(name).is_some(), "{name} is not declared")
                }
                ModelType::List(ty) | ModelType::Promise(ty) | ModelType::Page(ty) => {
                    check(model, ty)
                }
                ModelType::Inline(inline) => {
                    inline.members.values().for_each(|ty| check(model, ty))
                }
                ModelType::Function(signature) => {
                    check(model, &signature.returns);
                    signature.parameters.iter().for_each(|ty| check(model, ty));
                }
                ModelType::Component(_) | ModelType::Unknown => {}
            }
        }
        for interface in CORE_1.interfaces.values() {
            interface.members.values().for_each(|ty| check(&CORE_1, ty));
            interface
                .extends
                .iter()
                .for_each(|base| assert!(CORE_1.interface(base).is_some()));
        }
        for module in CORE_1.modules.values() {
            module.exports.values().for_each(|ty| check(&CORE_1, ty));
            module
                .from
                .iter()
                .for_each(|from| assert!(CORE_1.module(from).is_some(), "{from}"));
        }
    }
}
