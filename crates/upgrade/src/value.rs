//! What an expression of a program is, as far as Clerk is concerned.

use crate::{
    Confidence,
    model::{CORE_1, ModelType, Signature},
};
use std::sync::Arc;

/// A value that comes from Clerk, and how that is known.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub ty: Type,
    pub origin: Arc<Origin>,
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The Clerk package.
    pub package: String,
    pub confidence: Confidence,
    /// Half a sentence: "`clerkClient` is imported from `@clerk/nextjs`".
    pub why: String,
}

/// The type of a [`Value`].
#[derive(Clone, Debug)]
pub(crate) enum Type {
    /// As the model has it.
    Model(ModelType),
    /// A whole entry of a Clerk package: `import * as clerk from …`.
    Entry(String),
    /// A whole module of the codebase, by its path.
    Module(String),
    /// An object, interface or class of the program with members that come from Clerk.
    Object(Arc<Vec<(String, Value)>>),
    /// An array whose elements differ, such as what `Promise.all` gives.
    Tuple(Arc<Vec<Option<Value>>>),
    /// A promise of one of the above.
    Promise(Arc<Type>),
    /// A function of the program and what it returns.
    Closure(Arc<Value>),
}

impl Value {
    /// The same origin with another type.
    pub fn with(&self, ty: ModelType) -> Option<Self> {
        (ty != ModelType::Unknown).then(|| Self {
            ty: Type::Model(ty),
            origin: self.origin.clone(),
        })
    }

    /// The same, less sure, for another reason.
    pub fn weakened(mut self, confidence: Confidence, why: impl FnOnce(&str) -> String) -> Self {
        if confidence < self.origin.confidence {
            let origin = Origin {
                package: self.origin.package.clone(),
                confidence,
                why: why(&self.origin.why),
            };
            self.origin = Arc::new(origin);
        }
        self
    }

    /// The name of the interface if it is one.
    pub fn interface(&self) -> Option<&'static str> {
        match self.ty {
            Type::Model(ModelType::Named(name)) => Some(name),
            _ => None,
        }
    }

    /// The function that it is, if rules can name it.
    pub fn signature(&self) -> Option<&Arc<Signature>> {
        match &self.ty {
            Type::Model(ModelType::Function(signature)) => Some(signature),
            _ => None,
        }
    }

    /// A member by its name.
    pub fn member(&self, name: &str) -> Option<Self> {
        match &self.ty {
            Type::Model(ModelType::Named(interface)) => {
                self.with(CORE_1.member(interface, name)?.clone())
            }
            Type::Model(ModelType::Inline(inline)) => self.with(inline.members.get(name)?.clone()),
            Type::Model(ModelType::Page(element)) if name == "data" => {
                self.with(ModelType::List(element.clone()))
            }
            // What a list method gives once its call is written for Core 2.
            Type::Model(ModelType::List(_)) if name == "data" => Some(self.clone()),
            Type::Entry(entry) => {
                let ty = CORE_1.export(entry, name)?.clone();
                if let ModelType::Unknown = ty {
                    None
                } else {
                    self.with(ty)
                }
            }
            Type::Object(members) => members
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone()),
            _ => None,
        }
    }

    /// An element, of an array by its index or of a list.
    pub fn element(&self, index: Option<usize>) -> Option<Self> {
        match &self.ty {
            Type::Model(ModelType::List(element)) => self.with((**element).clone()),
            Type::Tuple(elements) => elements.get(index?)?.clone(),
            _ => None,
        }
    }

    /// What `await` makes of it.
    pub fn awaited(&self) -> Self {
        match &self.ty {
            Type::Model(ModelType::Promise(inner)) => {
                self.with((**inner).clone()).unwrap_or_else(|| self.clone())
            }
            Type::Promise(inner) => Self {
                ty: (**inner).clone(),
                origin: self.origin.clone(),
            },
            _ => self.clone(),
        }
    }

    /// A promise of it; a promise stays what it is.
    pub fn promised(self) -> Self {
        let ty = match self.ty {
            Type::Model(ModelType::Promise(_)) | Type::Promise(_) => self.ty,
            Type::Model(ty) => Type::Model(ModelType::Promise(Arc::new(ty))),
            ty => Type::Promise(Arc::new(ty)),
        };
        Self {
            ty,
            origin: self.origin,
        }
    }

    /// A list of it.
    pub fn listed(self) -> Option<Self> {
        match self.ty {
            Type::Model(ty) => Some(Self {
                ty: Type::Model(ModelType::List(Arc::new(ty))),
                origin: self.origin,
            }),
            _ => None,
        }
    }

    /// What a call of it returns.
    pub fn called(&self) -> Option<Self> {
        match &self.ty {
            Type::Model(ModelType::Function(signature)) => self.with(signature.returns.clone()),
            Type::Closure(returns) => Some((**returns).clone()),
            _ => None,
        }
    }

    /// Whether it is a list, or a promise of one.
    pub fn is_list(&self) -> bool {
        matches!(self.ty, Type::Model(ModelType::List(_)))
    }

    /// Whether it is a promise.
    pub fn is_promise(&self) -> bool {
        matches!(
            self.ty,
            Type::Model(ModelType::Promise(_)) | Type::Promise(_)
        )
    }
}
