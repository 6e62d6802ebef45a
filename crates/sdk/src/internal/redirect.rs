//! Where a visitor signs in or up, and how they come back.

use form_urlencoded::Serializer;
use url::Url;

use super::constants::query_parameters::{CLERK_SYNCED, DEV_BROWSER};
use crate::authenticate::without_parameters;
use crate::instance::PublishableKey;

/// The parameter that says where to go afterwards.
const REDIRECT_URL: &str = "redirect_url";

/// Makes the addresses of the pages to sign in and to sign up at.
///
/// ```
/// use ironclerk::PublishableKey;
/// use ironclerk::internal::CreateRedirect;
///
/// let key: PublishableKey = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k".parse()?;
/// let redirect = CreateRedirect {
///     publishable_key: Some(&key),
///     base_url: "https://app.example.com/dashboard",
///     ..CreateRedirect::default()
/// };
/// assert_eq!(
///     redirect.to_sign_in(Some("/dashboard"))?,
///     "https://accounts.example.com/sign-in?redirect_url=https%3A%2F%2Fapp.example.com%2Fdashboard"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// JavaScript: `createRedirect(params)`.
#[derive(Clone, Copy, Debug, Default)]
#[doc(alias = "createRedirect")]
pub struct CreateRedirect<'a> {
    /// The instance, whose own pages are used where the application has none.
    pub publishable_key: Option<&'a PublishableKey>,
    /// The token that identifies the browser to a development instance. It is only sent to
    /// another host.
    pub dev_browser_token: Option<&'a str>,
    /// The address of the request. Relative addresses are relative to it. If it is empty, to the
    /// page to come back to.
    pub base_url: &'a str,
    /// The application's page to sign in at.
    pub sign_in_url: Option<&'a str>,
    /// The application's page to sign up at.
    pub sign_up_url: Option<&'a str>,
    /// Whether the session is pending: then its open tasks are shown.
    pub is_pending: bool,
}

/// There is no address to redirect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedirectError {
    /// Neither the application nor the instance has such a page.
    #[error(
        "@clerk/backend: Missing publishableKey. You can get your key at https://dashboard.clerk.com/last-active?path=api-keys."
    )]
    MissingPublishableKey,
    /// Nothing says which host it is.
    #[error("destination url or return back url should be an absolute path url!")]
    NotAbsolute,
    /// An address cannot be read.
    #[error("Invalid URL")]
    InvalidUrl,
}

impl From<url::ParseError> for RedirectError {
    fn from(_: url::ParseError) -> Self {
        Self::InvalidUrl
    }
}

impl CreateRedirect<'_> {
    /// The page to sign in at.
    ///
    /// JavaScript: `redirectToSignIn({ returnBackUrl })`.
    ///
    /// # Errors
    /// When there is no such page.
    #[doc(alias = "redirectToSignIn")]
    pub fn to_sign_in(self, return_back_url: Option<&str>) -> Result<String, RedirectError> {
        let target = match (set(self.sign_in_url), self.account_portal()) {
            (Some(url), _) => url.to_owned(),
            (None, Some(accounts)) => format!("{accounts}/sign-in"),
            (None, None) => return Err(RedirectError::MissingPublishableKey),
        };
        self.url(target, return_back_url)
    }

    /// The page to sign up at. Without one of its own an application that has a page to sign in
    /// at is taken to have the other one at `/create` below it.
    ///
    /// JavaScript: `redirectToSignUp({ returnBackUrl })`.
    ///
    /// # Errors
    /// When there is no such page.
    #[doc(alias = "redirectToSignUp")]
    pub fn to_sign_up(self, return_back_url: Option<&str>) -> Result<String, RedirectError> {
        let accounts = self.account_portal();
        let target = match (set(self.sign_up_url), set(self.sign_in_url), accounts) {
            (Some(url), _, _) => url.to_owned(),
            (None, _, None) => return Err(RedirectError::MissingPublishableKey),
            (None, Some(sign_in_url), _) => {
                let mut url = Url::parse(self.base_url)?.join(sign_in_url)?;
                url.set_path(&format!("{}/create", url.path()));
                url.into()
            }
            (None, None, Some(accounts)) => format!("{accounts}/sign-up"),
        };
        self.url(target, return_back_url)
    }

    /// The instance's own pages.
    fn account_portal(self) -> Option<String> {
        let host = self.publishable_key?.frontend_api_host();
        let host = host.replacen("clerk.accountsstage.", "accountsstage.", 1);
        let host = match host.contains("clerk.accounts.") {
            true => host.replacen("clerk.accounts.", "accounts.", 1),
            false => host.replacen("clerk.", "accounts.", 1),
        };
        Some(format!("https://{host}"))
    }

    fn url(
        self,
        mut target: String,
        return_back_url: Option<&str>,
    ) -> Result<String, RedirectError> {
        if self.is_pending {
            target.push_str("/tasks");
        }
        let return_back_url = set(return_back_url);
        if self.base_url.is_empty() {
            return without_base(&target, return_back_url);
        }
        let base = Url::parse(self.base_url)?;
        let mut url = base.join(&target)?;
        let is_same = url.host() == base.host() && url.port() == base.port();
        if let Some(return_back_url) = return_back_url {
            let mut back = base.join(return_back_url)?;
            if !is_same {
                back = without_parameters(&back, &[CLERK_SYNCED]);
            }
            set_parameter(&mut url, REDIRECT_URL, back.as_str());
        }
        let is_development = self.publishable_key.is_some_and(|key| !key.is_production());
        if let Some(token) = set(self.dev_browser_token)
            && is_development
            && !is_same
        {
            set_parameter(&mut url, DEV_BROWSER, token);
        }
        Ok(url.into())
    }
}

fn without_base(target: &str, return_back_url: Option<&str>) -> Result<String, RedirectError> {
    let mut url = if target.starts_with("http") {
        Url::parse(target)?
    } else {
        let back = return_back_url
            .filter(|url| url.starts_with("http"))
            .ok_or(RedirectError::NotAbsolute)?;
        Url::parse(back)?.join("/")?.join(target)?
    };
    if let Some(back) = return_back_url {
        set_parameter(&mut url, REDIRECT_URL, back);
    }
    Ok(url.into())
}

/// Sets a parameter where it stands first, or else at the end. The query is written anew, as a
/// browser does.
fn set_parameter(url: &mut Url, name: &str, value: &str) {
    let mut is_set = false;
    let mut query = Serializer::new(String::new());
    for (found, old) in url.query_pairs() {
        if found != name {
            query.append_pair(&found, &old);
        } else if !is_set {
            query.append_pair(name, value);
            is_set = true;
        }
    }
    if !is_set {
        query.append_pair(name, value);
    }
    let query = query.finish();
    url.set_query(Some(&query));
}

fn set(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}
