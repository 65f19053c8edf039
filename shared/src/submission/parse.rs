//! From a body to a [`Submission`]: the fields, one by one, as `docs/http-api.md` lists them.

use schemars::JsonSchema;

use super::field::{Fields, object};
use super::json::Node;
use super::report::{Problem, Rejection, Report};
use super::text::Shape;
use super::{
    Channel, Company, Consent, Contact, Encoding, Horizon, Interaction, Interest, Key, Money, Qualification, Source,
    Submission, Tags, Utm, Visit, form, json, syntax,
};
use crate::id::{Campaign, FormId};
use crate::personal::Personal;

/// The most leads in one batch.
pub const MAX_BATCH: usize = 100;

/// The most bytes that the body of one submission, a feedback or a verdict may have. Checked before parsing.
pub const MAX_BODY_BYTES: usize = 32 * 1024;

/// The most bytes that the body of a batch may have. Checked before parsing.
pub const MAX_BATCH_BYTES: usize = 1024 * 1024;

/// The usual name of the field that people do not see.
pub const HONEYPOT: &str = "homepage";

/// The longest that a page may have been open: a year. Beyond it the number is none of a clock's.
const MAX_ELAPSED_MS: u64 = 31_536_000_000;

/// The longest captcha token, as Turnstile's documentation has it.
const MAX_TOKEN: usize = 2048;

const MAX_TAGS: usize = 20;
const MAX_CUSTOM: usize = 20;
const MAX_BRANDS: usize = 10;
const MAX_COMPANY_SIZE: u64 = 10_000_000;
const MAX_MINOR: u64 = 1_000_000_000_000_000;

/// What a `redirect` matches, in the schemas; the same as [`syntax::web_address`].
const WEB_ADDRESS: &str = r"^https?://[!$-.0-;=A-\[\]_a-z~]+([/?#][!#-;=?-\[\]_a-z~]*)?$";

/// One submission, and what a form sends along with it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Posted {
    /// The submission.
    #[schemars(flatten)]
    pub submission: Submission,
    /// The idempotency key of a form that cannot set headers.
    pub submission_id: Option<Key>,
    /// Where a plain form's browser goes next: an absolute `https` or `http` URL. Not checked here against the pages that
    /// the form's policy lists.
    #[schemars(length(min = 1, max = 500), regex(pattern = WEB_ADDRESS))]
    pub redirect: Option<String>,
    /// The honeypot under its usual name, which a form may change: a field that people do not see and leave blank. Takes
    /// whatever a program writes into it.
    #[schemars(with = "Option<serde_json::Value>")]
    pub homepage: bool,
    /// How long the page was open, in milliseconds; up to a year.
    #[schemars(range(max = 31_536_000_000_u64))]
    pub elapsed_ms: Option<u64>,
    /// The token of a solved captcha. Turnstile's own field, `cf-turnstile-response`, is another name for it.
    #[schemars(length(min = 1, max = 2048), regex(pattern = "^[!-~]+$"))]
    pub captcha_token: Option<String>,
    /// See `captcha_token`.
    #[schemars(rename = "cf-turnstile-response", length(min = 1, max = 2048), regex(pattern = "^[!-~]+$"))]
    pub turnstile_token: Option<String>,
}

impl Posted {
    /// The submission of an open form, with what the body says of the visit.
    pub fn into_submission(self) -> Submission {
        let visit = Visit { honeypot: self.homepage, elapsed_ms: self.elapsed_ms, captcha: None };
        Submission { visit, ..self.submission }
    }

    /// The captcha's token, under whichever name.
    pub fn token(&self) -> Option<&str> {
        self.captcha_token.as_deref().or(self.turnstile_token.as_deref())
    }
}

/// What comes along from a page, and so with no submission of a batch.
pub(crate) const PAGE_FIELDS: [&str; 5] =
    ["redirect", HONEYPOT, "elapsed_ms", "captcha_token", "cf-turnstile-response"];

/// The members that a body has by itself; a honeypot has another name.
const OWN_NAMES: [&str; 14] = [
    "form_id",
    "contact",
    "company",
    "interest",
    "source",
    "consent",
    "tags",
    "custom",
    "qualification",
    "submission_id",
    "redirect",
    "elapsed_ms",
    "captcha_token",
    "cf-turnstile-response",
];

/// Whether a body has a member of this name, whatever the form.
pub(crate) fn is_own_name(name: &str) -> bool {
    OWN_NAMES.contains(&name)
}

/// Reads the body of one submission, of a form whose honeypot has its usual name.
pub fn parse(body: &[u8], encoding: Encoding) -> Result<Posted, Rejection> {
    parse_for(body, encoding, |_| HONEYPOT)
}

/// Reads the body of one submission; `honeypot` names that of its form.
pub fn parse_for<'a>(
    body: &[u8],
    encoding: Encoding,
    honeypot: impl Fn(&FormId) -> &'a str,
) -> Result<Posted, Rejection> {
    let members = match encoding {
        Encoding::Json => json::read(body),
        Encoding::Form => form::read(body),
    }
    .map_err(|detail| Rejection::Malformed { encoding, detail })?;
    let mut report = Report::new(encoding);
    let posted = object(&mut report, String::new(), "the top level", members, |fields| posted(fields, Some(&honeypot)));
    report.close(posted).map_err(Rejection::Invalid)
}

/// Reads the JSON body of a batch, `{"leads": [...]}` with 1 to [`MAX_BATCH`] submissions: a result for each, in order.
/// A submission of a batch has no page that somebody filled in, and so no `redirect` and no visit.
pub fn parse_batch(body: &[u8]) -> Result<Vec<Result<Posted, Vec<Problem>>>, Rejection> {
    let encoding = Encoding::Json;
    let members = json::read(body).map_err(|detail| Rejection::Malformed { encoding, detail })?;
    let mut report = Report::new(encoding);
    let items = object(&mut report, String::new(), "the top level", members, |fields| {
        fields.required("leads", |fields, name| {
            let items = fields.items(name, MAX_BATCH);
            (!items.is_empty()).then_some(items)
        })
    });
    let items = report.close(items).map_err(Rejection::Invalid)?;
    Ok(items.into_iter().map(|(pointer, node)| batch_item(pointer, node)).collect())
}

fn batch_item(pointer: String, node: Node) -> Result<Posted, Vec<Problem>> {
    let mut report = Report::new(Encoding::Json);
    let posted = match node {
        Node::Map(members) => object(&mut report, pointer, "the lead", members, |fields| posted(fields, None)),
        _ => {
            report.add(pointer, "wrong-type", "Give an object.");
            None
        }
    };
    report.close(posted)
}

/// Reads a submission; one that is posted by itself comes with what its page sends along.
fn posted<'a>(fields: &mut Fields<'_>, page: Option<&dyn Fn(&FormId) -> &'a str>) -> Option<Posted> {
    let form_id = fields.required("form_id", |fields, name| fields.parsed(name, Shape::line(FormId::MAX), form_id));
    let contact = fields.object_or_empty("contact", contact);
    let company = fields.object_or_empty("company", |fields| Some(company(fields)));
    let interest = fields.object_or_empty("interest", |fields| Some(interest(fields)));
    let source = fields.object_or_empty("source", source);
    let consent = fields.object("consent", consent);
    let tags = fields.object_or_empty("tags", |fields| Some(tags(fields)));
    let custom = fields.open_texts("custom", MAX_CUSTOM, 40, Shape::line(500));
    let qualification = fields.choice("qualification", &[("mql", Qualification::Mql), ("sql", Qualification::Sql)]);
    let submission_id = fields.parsed("submission_id", Shape::line(Key::MAX), |text| {
        Key::bare(text).map_err(|_| ("illegal-character", "Use visible ASCII characters.".to_owned()))
    });
    let (mut redirect, mut homepage, mut elapsed_ms) = (None, false, None);
    let (mut captcha_token, mut turnstile_token) = (None, None);
    if let Some(honeypot) = page {
        redirect = fields.parsed("redirect", Shape::line(500), syntax::web_address);
        homepage = fields.is_filled(form_id.as_ref().map_or(HONEYPOT, honeypot));
        elapsed_ms = fields.integer("elapsed_ms", 0, MAX_ELAPSED_MS);
        captcha_token = fields.parsed("captcha_token", Shape::line(MAX_TOKEN), token);
        turnstile_token = fields.parsed("cf-turnstile-response", Shape::line(MAX_TOKEN), token);
    }
    Some(Posted {
        submission: Submission {
            form_id: form_id?,
            contact: contact?,
            company: company?,
            interest: interest?,
            source: source?,
            consent,
            tags: tags?,
            custom: custom.into_iter().map(|(name, value)| (name, Personal::new(value))).collect(),
            qualification,
            visit: Visit::default(),
        },
        submission_id,
        redirect,
        homepage,
        elapsed_ms,
        captcha_token,
        turnstile_token,
    })
}

fn token(text: &str) -> Result<String, (&'static str, String)> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err(("illegal-character", "Use visible ASCII characters.".to_owned()))
}

fn form_id(text: &str) -> Result<FormId, (&'static str, String)> {
    FormId::parse(text).map_err(|_| syntax::bad_identifier())
}

fn contact(fields: &mut Fields<'_>) -> Option<Contact> {
    let before = fields.problems();
    let email = fields.parsed("email", Shape::line(254), syntax::email).map(Personal::new);
    let phone = personal(fields, "phone", Shape::line(40));
    // A refused address is asked for by its own problem.
    if email.is_none() && phone.is_none() && fields.problems() == before {
        fields.refuse_all("required", "Give an `email` or a `phone`: one way to reach the person.");
    }
    let name = personal(fields, "name", Shape::line(100));
    let title = personal(fields, "title", Shape::line(100));
    Some(Contact { name, email, phone, title })
}

fn personal(fields: &mut Fields<'_>, name: &'static str, shape: Shape) -> Option<Personal> {
    fields.text(name, shape).map(Personal::new)
}

fn company(fields: &mut Fields<'_>) -> Company {
    Company {
        name: fields.text("name", Shape::line(200)),
        domain: fields.parsed("domain", Shape::lower(253), syntax::domain),
        industry: fields.text("industry", Shape::lower(60)),
        size: fields.integer("size", 1, MAX_COMPANY_SIZE).and_then(|size| u32::try_from(size).ok()),
        country: fields.text("country", Shape::line(100)),
        province: fields.text("province", Shape::line(100)),
        city: fields.text("city", Shape::line(100)),
    }
}

fn interest(fields: &mut Fields<'_>) -> Interest {
    Interest {
        product: fields.text("product", Shape::lower(100)),
        horizon: fields.choice("horizon", &HORIZONS),
        budget: fields.object("budget", money),
        brands: fields.texts("brands", MAX_BRANDS, Shape::line(60)),
        message: personal(fields, "message", Shape::lines(2000)),
    }
}

/// Reads an amount. A plain form sends its currency even if nobody wrote an amount; that is no amount.
pub(crate) fn money(fields: &mut Fields<'_>) -> Option<Money> {
    if fields.encoding() == Encoding::Form && !fields.has("minor") {
        fields.take("minor");
        fields.take("currency");
        return None;
    }
    let minor = fields.required("minor", |fields, name| fields.integer(name, 0, MAX_MINOR));
    let currency = fields.required("currency", |fields, name| {
        // Not trimmed to three by a cap: the mend is the same for a long one.
        fields.parsed(name, Shape::line(100), syntax::currency)
    });
    Some(Money { minor: minor?, currency: currency? })
}

fn source(fields: &mut Fields<'_>) -> Option<Source> {
    let channel = fields.required("channel", |fields, name| fields.choice(name, &CHANNELS));
    let campaign = fields.parsed("campaign", Shape::line(Campaign::MAX), |text| {
        Campaign::parse(text).map_err(|_| syntax::bad_identifier())
    });
    let utm = fields.object_or_empty("utm", |fields| Some(utm(fields)));
    let content_id = fields.text("content_id", Shape::line(100));
    let owner = fields.text("owner", Shape::line(100));
    Some(Source { channel: channel?, campaign, utm: utm?, content_id, owner, signed_by: None })
}

fn utm(fields: &mut Fields<'_>) -> Utm {
    let shape = Shape::line(100);
    Utm {
        source: fields.text("source", shape),
        medium: fields.text("medium", shape),
        campaign: fields.text("campaign", shape),
        term: fields.text("term", shape),
        content: fields.text("content", shape),
    }
}

/// Reads a consent. A plain form sends its hidden fields even if the box is not ticked; without the box, the purpose,
/// there is none.
fn consent(fields: &mut Fields<'_>) -> Option<Consent> {
    if fields.encoding() == Encoding::Form && !fields.has("purpose") {
        for hidden in ["purpose", "text_version", "at", "source"] {
            fields.take(hidden);
        }
        return None;
    }
    let purpose = fields.required("purpose", |fields, name| fields.text(name, Shape::line(60)));
    let text_version = fields.required("text_version", |fields, name| fields.text(name, Shape::line(60)));
    let at = fields.time("at");
    let source = fields.text("source", Shape::line(200));
    Some(Consent { purpose: purpose?, text_version: text_version?, at, source })
}

fn tags(fields: &mut Fields<'_>) -> Tags {
    Tags {
        identity: tag_set(fields, "identity"),
        purchase: tag_set(fields, "purchase"),
        interaction: fields.objects("interaction", MAX_TAGS, interaction),
    }
}

fn tag_set(fields: &mut Fields<'_>, name: &'static str) -> Vec<String> {
    let mut set = Vec::new();
    for tag in fields.texts(name, MAX_TAGS, Shape::lower(60)) {
        if !set.contains(&tag) {
            set.push(tag);
        }
    }
    set
}

fn interaction(fields: &mut Fields<'_>) -> Option<Interaction> {
    let kind = fields.required("kind", |fields, name| fields.text(name, Shape::lower(60)));
    let content = fields.text("content", Shape::line(100));
    let at = fields.time("at");
    Some(Interaction { kind: kind?, content, at })
}

const HORIZONS: [(&str, Horizon); 6] = [
    ("immediate", Horizon::Immediate),
    ("three_months", Horizon::ThreeMonths),
    ("six_months", Horizon::SixMonths),
    ("one_year", Horizon::OneYear),
    ("over_a_year", Horizon::OverAYear),
    ("just_looking", Horizon::JustLooking),
];

pub(crate) const CHANNELS: [(&str, Channel); 15] = [
    ("website", Channel::Website),
    ("organic_search", Channel::OrganicSearch),
    ("social_media", Channel::SocialMedia),
    ("email", Channel::Email),
    ("referral", Channel::Referral),
    ("call_centre", Channel::CallCentre),
    ("paid_search", Channel::PaidSearch),
    ("paid_social", Channel::PaidSocial),
    ("display_ads", Channel::DisplayAds),
    ("event", Channel::Event),
    ("webinar", Channel::Webinar),
    ("content_syndication", Channel::ContentSyndication),
    ("reseller", Channel::Reseller),
    ("partner_referral", Channel::PartnerReferral),
    ("marketplace", Channel::Marketplace),
];
