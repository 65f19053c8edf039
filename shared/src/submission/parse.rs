//! From a body to a [`Submission`]: the fields, one by one, as `docs/http-api.md` lists them.

use schemars::JsonSchema;

use super::field::{Fields, object};
use super::json::Node;
use super::report::{Problem, Rejection, Report};
use super::text::Shape;
use super::{
    Channel, Company, Consent, Contact, Encoding, Horizon, Interaction, Interest, Key, Money, Qualification, Source,
    Submission, Tags, Utm, form, json, syntax,
};
use crate::id::{Campaign, FormId};
use crate::personal::Personal;

/// The most leads in one batch.
pub const MAX_BATCH: usize = 100;

/// The most bytes that the body of one submission, a feedback or a verdict may have. Checked before parsing.
pub const MAX_BODY_BYTES: usize = 32 * 1024;

/// The most bytes that the body of a batch may have. Checked before parsing.
pub const MAX_BATCH_BYTES: usize = 1024 * 1024;

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
}

/// Reads the body of one submission.
pub fn parse(body: &[u8], encoding: Encoding) -> Result<Posted, Rejection> {
    let members = match encoding {
        Encoding::Json => json::read(body),
        Encoding::Form => form::read(body),
    }
    .map_err(|detail| Rejection::Malformed { encoding, detail })?;
    let mut report = Report::new(encoding);
    let posted = object(&mut report, String::new(), "the top level", members, |fields| posted(fields, true));
    report.close(posted).map_err(Rejection::Invalid)
}

/// Reads the JSON body of a batch, `{"leads": [...]}` with 1 to [`MAX_BATCH`] submissions: a result for each, in order.
/// A submission of a batch has no `redirect`.
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
        Node::Map(members) => object(&mut report, pointer, "the lead", members, |fields| posted(fields, false)),
        _ => {
            report.add(pointer, "wrong-type", "Give an object.");
            None
        }
    };
    report.close(posted)
}

fn posted(fields: &mut Fields<'_>, alone: bool) -> Option<Posted> {
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
    let redirect = if alone { fields.parsed("redirect", Shape::line(500), syntax::web_address) } else { None };
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
        },
        submission_id,
        redirect,
    })
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
