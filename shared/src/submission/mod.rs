//! What a form posted, as parsed types. Whoever holds a [`Submission`] holds one that passed every check of the intake:
//! text is NFC, trimmed, within its cap, and free of control, bidirectional and invisible characters.

mod encoding;
pub(crate) mod field;
mod form;
pub(crate) mod json;
mod key;
pub(crate) mod parse;
pub(crate) mod report;
pub(crate) mod syntax;
pub(crate) mod text;
mod visit;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{self, Campaign, FormId, Principal};
use crate::personal::Personal;

pub use encoding::Encoding;
pub use key::{BadKey, Key};
pub(crate) use parse::CHANNELS;
pub use parse::{HONEYPOT, MAX_BATCH, MAX_BATCH_BYTES, MAX_BODY_BYTES, Posted, parse, parse_batch, parse_for};
pub(crate) use parse::{PAGE_FIELDS, is_own_name};
pub use report::{Problem, Rejection};
pub use text::{is_plain, shown};
pub use visit::{Captcha, Visit};

// The schemas of `crate::schema` take their caps from the attributes below. The caps of the parser stand in `parse`, and
// `tests/schema.rs` walks one table of bad input through both.

/// What a text that may not be missing matches, in the schemas.
pub(crate) const NOT_BLANK: &str = r"\S";

/// What a time matches, in the schemas: the date-time of RFC 3339, section 5.6, in capitals, to the nanosecond.
const RFC_3339: &str =
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$";

/// One submission, from a web form, an event list, a partner or a call centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Submission {
    /// The form that posted it, as declared in `forms.toml`; an undeclared form is treated as an open one.
    pub form_id: FormId,
    /// Who it is about.
    pub contact: Contact,
    /// The company they speak for.
    #[serde(default)]
    pub company: Company,
    /// What they want.
    #[serde(default)]
    pub interest: Interest,
    /// Where the submission came from.
    pub source: Source,
    /// What they agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// What is known of them already.
    #[serde(default)]
    pub tags: Tags,
    /// Further fields of the form: at most 20, names up to 40 and values up to 500 characters. Untrusted free text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 20, "propertyNames" = {"minLength": 1, "maxLength": 40}, "additionalProperties" = {"type": "string", "minLength": 1, "maxLength": 500}))]
    pub custom: BTreeMap<String, Personal>,
    /// A qualification made before the submission (partners, referrals); honoured from signed or allow-listed sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualification: Option<Qualification>,
    /// How the form was filled in; set by the intake.
    #[serde(default, skip_serializing_if = "Visit::is_empty")]
    #[schemars(skip_deserializing)]
    pub visit: Visit,
}

impl Submission {
    /// What two posts of one submission share, whatever the encoding, the order of the fields, the idempotency key and the
    /// visit: SHA-256 over the parsed fields.
    pub fn fingerprint(&self) -> String {
        // Every key of it is text and no value is a float, so that writing it to memory cannot fail.
        let canonical = serde_json::to_string(&Self { visit: Visit::default(), ..self.clone() }).unwrap_or_default();
        id::fingerprint(&["submission", &canonical])
    }
}

/// A person. At least one of e-mail and phone is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(extend("anyOf" = [
    {"required": ["email"], "properties": {"email": {"type": "string", "pattern": NOT_BLANK}}},
    {"required": ["phone"], "properties": {"phone": {"type": "string", "pattern": NOT_BLANK}}},
]))]
pub struct Contact {
    /// Full name, up to 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub name: Option<Personal>,
    /// An address of RFC 5321, as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 254), extend("format" = "idn-email"))]
    pub email: Option<Personal>,
    /// A number as typed, up to 40 characters; `clean` makes E.164 of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 40))]
    pub phone: Option<Personal>,
    /// Job title, up to 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub title: Option<Personal>,
}

/// A company as the form names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Company {
    /// Its name, up to 200 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub name: Option<String>,
    /// Its web domain in its ASCII form (IDNA), lower case, without scheme or path.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), extend("format" = "idn-hostname"))]
    pub domain: Option<String>,
    /// Its industry, in the words of `route.toml`'s tables, up to 60 characters, lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 60))]
    pub industry: Option<String>,
    /// How many people work there, 1 to 10,000,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub size: Option<u32>,
    /// Its country as typed: ISO 3166 code or name, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub country: Option<String>,
    /// Its province or state as typed, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub province: Option<String>,
    /// Its city as typed, up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub city: Option<String>,
}

/// What the person wants, and how soon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Interest {
    /// The product asked about, up to 100 characters, lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub product: Option<String>,
    /// When they mean to buy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub horizon: Option<Horizon>,
    /// What they mean to spend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Money>,
    /// Brands under consideration, at most 10 of up to 60 characters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), inner(length(min = 1, max = 60)))]
    pub brands: Vec<String>,
    /// Free text, up to 2,000 characters. Untrusted: show it, never act on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2000))]
    pub message: Option<Personal>,
}

/// When somebody means to buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Horizon {
    /// Now.
    Immediate,
    /// Within three months.
    ThreeMonths,
    /// Within six months.
    SixMonths,
    /// Within a year.
    OneYear,
    /// Later than that.
    OverAYear,
    /// Only looking.
    JustLooking,
}

/// An amount in a currency's minor units: 120000 and `EUR` are 1,200 euro.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Money {
    /// Minor units, up to 10^15.
    #[schemars(range(max = 1_000_000_000_000_000_u64))]
    pub minor: u64,
    /// ISO 4217, three capital letters.
    #[schemars(regex(pattern = "^[A-Z]{3}$"))]
    pub currency: String,
}

/// Where a submission came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Source {
    /// The channel.
    pub channel: Channel,
    /// The campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Campaign>,
    /// UTM parameters as the page saw them.
    #[serde(default, skip_serializing_if = "Utm::is_empty")]
    pub utm: Utm,
    /// The white paper, webinar or page, up to 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub content_id: Option<String>,
    /// The salesperson this lead belongs to, up to 100 characters; honoured from signed or allow-listed sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub owner: Option<String>,
    /// Who signed the submission; set by the intake, never by the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip_deserializing)]
    pub signed_by: Option<Principal>,
}

/// Free, paid and partner channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Free: the company's own site.
    Website,
    /// Free: a search engine's unpaid results.
    OrganicSearch,
    /// Free: posts on social media.
    SocialMedia,
    /// Free: own newsletters.
    Email,
    /// Free: somebody recommended us.
    Referral,
    /// Free: phone or chat.
    CallCentre,
    /// Paid: advertisements in search engines.
    PaidSearch,
    /// Paid: advertisements in social media.
    PaidSocial,
    /// Paid: banners and videos.
    DisplayAds,
    /// Paid: fairs and conferences.
    Event,
    /// Paid: webinars.
    Webinar,
    /// Paid: white papers on other people's sites.
    ContentSyndication,
    /// Partner: resellers.
    Reseller,
    /// Partner: technology and consulting partners.
    PartnerReferral,
    /// Partner: a marketplace.
    Marketplace,
}

/// What a channel costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// Own reach.
    Free,
    /// Bought reach.
    Paid,
    /// Somebody else's reach.
    Partner,
}

impl Channel {
    /// Whether reach is free, bought or a partner's.
    pub fn kind(self) -> ChannelKind {
        use Channel as C;
        match self {
            C::Website | C::OrganicSearch | C::SocialMedia | C::Email | C::Referral | C::CallCentre => {
                ChannelKind::Free
            }
            C::PaidSearch | C::PaidSocial | C::DisplayAds | C::Event | C::Webinar | C::ContentSyndication => {
                ChannelKind::Paid
            }
            C::Reseller | C::PartnerReferral | C::Marketplace => ChannelKind::Partner,
        }
    }
}

/// UTM parameters, each up to 100 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Utm {
    /// `utm_source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub source: Option<String>,
    /// `utm_medium`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub medium: Option<String>,
    /// `utm_campaign`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub campaign: Option<String>,
    /// `utm_term`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub term: Option<String>,
    /// `utm_content`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub content: Option<String>,
}

impl Utm {
    fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// What the person agreed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Consent {
    /// For what, for example `sales_contact`; up to 60 characters.
    #[schemars(length(min = 1, max = 60), regex(pattern = NOT_BLANK))]
    pub purpose: String,
    /// Which wording; up to 60 characters.
    #[schemars(length(min = 1, max = 60), regex(pattern = NOT_BLANK))]
    pub text_version: String,
    /// When; the intake's clock if the form does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = RFC_3339))]
    pub at: Option<Timestamp>,
    /// Where, for example a page; up to 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub source: Option<String>,
}

/// What is known of a person already, in three sets of at most 20.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Tags {
    /// Who they are, for example `decision_maker`; lower case, up to 60 characters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(min = 1, max = 60)))]
    pub identity: Vec<String>,
    /// What they bought, for example `bought_2024`; lower case, up to 60 characters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(min = 1, max = 60)))]
    pub purchase: Vec<String>,
    /// What they did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub interaction: Vec<Interaction>,
}

/// One thing a person did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Interaction {
    /// What, for example `download`, `demo_request`, `booth_visit`; lower case, up to 60 characters.
    #[schemars(length(min = 1, max = 60), regex(pattern = NOT_BLANK))]
    pub kind: String,
    /// Of what; up to 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub content: Option<String>,
    /// When; the time of the submission if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = RFC_3339))]
    pub at: Option<Timestamp>,
}

/// A qualification that somebody else made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Qualification {
    /// Marketing-qualified elsewhere.
    Mql,
    /// Sales already spoke to them.
    Sql,
}
