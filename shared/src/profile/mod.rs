//! What a submission says once it is normalised: the facts that rules look at, worked out once a decision. Nothing here
//! depends on the rules.

pub(crate) mod company;
pub(crate) mod email;
mod person;
mod phone;
pub(crate) mod text;

use std::borrow::Cow;

use crate::geo;
use crate::personal::Personal;
use crate::row::RowKey;
use crate::submission::Submission;

use email::{Email, ascii_domain};

pub use company::company_key;
pub use email::{registrable, registrable_domain};
pub use phone::PhoneFact;

pub(crate) use phone::TYPES as PHONE_TYPES;

/// Normalised facts of one submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The e-mail address as rules see it: lower case, domain in IDNA's ASCII form.
    pub email: Option<Personal>,
    /// What the addresses of one mailbox have in common: without sub-address and, where they do not count, dots.
    pub email_mailbox: Option<Personal>,
    /// The part before the `@`, without sub-address.
    pub email_local: Option<Personal>,
    /// The e-mail's domain, ASCII.
    pub email_domain: Option<String>,
    /// The part of it that somebody registered: `example.co.uk` of `mail.example.co.uk`.
    pub email_registrable: Option<String>,
    /// The domain stated for the company, ASCII.
    pub stated_domain: Option<String>,
    /// The registrable domain of the company: the stated one, else the e-mail's.
    pub company_domain: Option<String>,
    /// The phone number.
    pub phone: PhoneFact,
    /// The company's place.
    pub place: geo::Place,
    /// The key by which the company's name is matched; see [`company_key`].
    pub company_key: Option<String>,
    /// The key by which the person's name is matched.
    pub name: Option<Personal>,
}

/// What the addresses of one mailbox have in common: see [`Profile::email_mailbox`]. `None` if it is no address.
pub fn mailbox(address: &Personal) -> Option<Personal> {
    Email::read(address).map(|email| email.mailbox)
}

/// Reads the numbering plans, which the first number would wait for otherwise.
pub fn prepare() {
    phone::prepare();
}

impl Profile {
    /// Normalises `submission`. Parses its phone number, the one costly step, at most three times.
    pub fn of(submission: &Submission) -> Self {
        let (contact, company) = (&submission.contact, &submission.company);
        let place = geo::place(company.country.as_deref(), company.province.as_deref(), company.city.as_deref());
        let email = contact.email.as_ref().and_then(Email::read);
        let email_registrable = email.as_ref().map(|email| registrable(&email.domain));
        let stated_domain = company.domain.as_deref().and_then(ascii_domain).map(Cow::into_owned);
        let company_domain = stated_domain.as_deref().map(registrable).or_else(|| email_registrable.clone());
        Self {
            email: email.as_ref().map(|email| email.address.clone()),
            email_mailbox: email.as_ref().map(|email| email.mailbox.clone()),
            email_local: email.as_ref().map(|email| email.local.clone()),
            email_domain: email.map(|email| email.domain),
            email_registrable,
            stated_domain,
            company_domain,
            phone: contact.phone.as_ref().map_or(PhoneFact::None, |phone| PhoneFact::read(phone, submission, &place)),
            place,
            company_key: company.name.as_deref().map(company_key).filter(|key| !key.is_empty()),
            name: contact.name.as_ref().and_then(person::name_key),
        }
    }

    /// The rows under which the company may be known as an account, the surest first: by domain, then by name.
    pub fn account_keys(&self) -> Vec<RowKey> {
        let domains = [&self.company_domain, &self.email_registrable];
        let mut keys: Vec<_> = domains.into_iter().flatten().map(|domain| RowKey::account_by_domain(domain)).collect();
        keys.dedup();
        keys.extend(self.company_key.as_deref().map(RowKey::account_by_name));
        keys
    }

    /// The phone number in E.164, if it is valid.
    pub fn phone_e164(&self) -> Option<&str> {
        self.phone.e164().map(Personal::expose)
    }

    /// ISO 3166-1 alpha-2.
    pub fn country(&self) -> Option<&'static str> {
        self.place.country
    }

    /// Two digits of GB/T 2260.
    pub fn province(&self) -> Option<&'static str> {
        self.place.province
    }

    /// Four or six digits of GB/T 2260; see [`geo::Place::city`].
    pub fn city(&self) -> Option<&'static str> {
        self.place.city
    }
}
