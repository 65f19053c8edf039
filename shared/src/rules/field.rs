//! The fields that conditions may look at, and how a decision answers them.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::decision::{Account, AccountKind, Quadrant, Scored};
use crate::personal::Personal;
use crate::profile::{PHONE_TYPES, PhoneFact, Profile, email::with_those_above};
use crate::submission::{Captcha, Channel, ChannelKind, Horizon, Interaction, Qualification, Submission};

use super::RuleSet;
use super::condition::{Condition, Operator, Test, folded};
use super::vocabulary::Wordings;

/// What a decision looks at.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) submission: &'a Submission,
    pub(crate) profile: &'a Profile,
    /// Submissions of joined duplicates.
    pub(crate) touches: &'a [Submission],
    pub(crate) account: Option<&'a Account>,
    /// Since when interactions count, if there is a limit.
    pub(crate) interactions_since: Option<Timestamp>,
    /// Known to `route` alone.
    pub(crate) scored: Option<&'a Scored>,
    pub(crate) rules: &'a RuleSet,
    /// What words are looked for in.
    pub(crate) wordings: &'a Wordings,
}

/// The answer to a field. Text is compared in lower case.
pub(crate) enum Fact<'a> {
    Absent,
    Number(i64),
    Flag(bool),
    Text(Cow<'a, str>),
    Texts(Vec<Cow<'a, str>>),
}

/// What may be asked of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Text,
    Number,
    Flag,
    /// One of a closed set.
    Choice(&'static [&'static str]),
    Domain,
    /// Compared without legal form and by its looks; see [`crate::profile::company_key`].
    CompanyName,
    Country,
    Province,
    City,
}

impl Kind {
    /// Whether the answer is a text.
    pub(super) fn has_words(self) -> bool {
        !matches!(self, Self::Number | Self::Flag)
    }
}

macro_rules! fields {
    ($($name:ident $text:literal $kind:expr, $words:literal;)*) => {
        /// A field of a lead, as conditions name it.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Field {
            $($name,)*
            /// A further field of the form, by its name.
            Custom(String),
        }

        impl Field {
            /// Every name but `custom.NAME`.
            pub(crate) const NAMES: &[&str] = &[$($text,)*];

            pub(crate) fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$name),)*
                    _ => text.strip_prefix("custom.").filter(|name| !name.is_empty()).map(|name| Self::Custom(name.to_owned())),
                }
            }

            pub(crate) fn kind(&self) -> Kind {
                match self {
                    $(Self::$name => $kind,)*
                    Self::Custom(_) => Kind::Text,
                }
            }

            /// In plain words. A flag is a statement, everything else a thing.
            pub(crate) fn words(&self) -> Cow<'static, str> {
                match self {
                    $(Self::$name => Cow::Borrowed($words),)*
                    Self::Custom(name) => Cow::Owned(format!("the form's field “{name}”")),
                }
            }
        }

        impl std::fmt::Display for Field {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Self::$name => f.write_str($text),)*
                    Self::Custom(name) => write!(f, "custom.{name}"),
                }
            }
        }
    };
}

fields! {
    FormId "form_id" Kind::Text, "the form";
    FormConsentRequired "form.consent_required" Kind::Flag, "the form asks for consent";
    FormHoneypot "form.honeypot" Kind::Flag, "the field that people do not see is filled in";
    FormTooFast "form.too_fast" Kind::Flag, "the form was sent faster than a person fills it in";
    FormCaptcha "form.captcha" Kind::Choice(&["solved", "unchecked"]), "the captcha";
    CampaignScreening "campaign.screening" Kind::Flag, "the campaign asks for a call first";
    ContactName "contact.name" Kind::Text, "the person's name";
    ContactTitle "contact.title" Kind::Text, "the person's title";
    ContactEmail "contact.email" Kind::Text, "the e-mail address";
    EmailDomain "email.domain" Kind::Domain, "the e-mail's domain";
    EmailLocal "email.local" Kind::Text, "the part of the e-mail address before the @";
    PhoneState "phone.state" Kind::Choice(&["none", "valid", "invalid"]), "the state of the phone number";
    PhoneType "phone.type" Kind::Choice(PHONE_TYPES), "the type of the phone number";
    PhoneDigitRun "phone.digit_run" Kind::Number, "the longest run of equal or consecutive digits in the phone number";
    CompanyName "company.name" Kind::CompanyName, "the company's name";
    CompanyDomain "company.domain" Kind::Domain, "the company's domain";
    CompanyIndustry "company.industry" Kind::Text, "the company's industry";
    CompanySize "company.size" Kind::Number, "the company's number of people";
    CompanyCountry "company.country" Kind::Country, "the company's country";
    CompanyProvince "company.province" Kind::Province, "the company's province";
    CompanyCity "company.city" Kind::City, "the company's city";
    InterestProduct "interest.product" Kind::Text, "the product asked for";
    InterestHorizon "interest.horizon" Kind::Choice(HORIZONS), "the time to the purchase";
    InterestBudget "interest.budget" Kind::Number, "the budget";
    InterestBudgetStated "interest.budget_stated" Kind::Flag, "a budget is stated";
    InterestBrands "interest.brands" Kind::Text, "the other brands considered";
    InterestMessage "interest.message" Kind::Text, "the message";
    SourceChannel "source.channel" Kind::Choice(CHANNELS), "the channel";
    SourceChannelKind "source.channel_kind" Kind::Choice(&["free", "paid", "partner"]), "the kind of channel";
    SourceCampaign "source.campaign" Kind::Text, "the campaign";
    SourceContentId "source.content_id" Kind::Text, "the content it came by";
    SourceOwner "source.owner" Kind::Text, "the salesperson named by the source";
    SourceSignedBy "source.signed_by" Kind::Text, "the partner who signed it";
    UtmSource "utm.source" Kind::Text, "the link's utm_source";
    UtmMedium "utm.medium" Kind::Text, "the link's utm_medium";
    UtmCampaign "utm.campaign" Kind::Text, "the link's utm_campaign";
    ConsentPurpose "consent.purpose" Kind::Text, "the consent";
    TagsIdentity "tags.identity" Kind::Text, "the identity tags";
    TagsPurchase "tags.purchase" Kind::Text, "the purchase record";
    TagsInteraction "tags.interaction" Kind::Text, "the interactions";
    Qualification "qualification" Kind::Choice(&["mql", "sql"]), "the qualification made elsewhere";
    Touches "touches" Kind::Number, "the number of further submissions";
    AccountKind "account.kind" Kind::Choice(&["customer", "key", "competitor"]), "the kind of account";
    AccountOwner "account.owner" Kind::Text, "the account's owner";
    ScoreIntent "score.intent" Kind::Number, "the intent";
    ScoreValue "score.value" Kind::Number, "the value";
    ScoreQuadrant "score.quadrant" Kind::Choice(&["hot", "self_service", "review", "nurture"]), "the quadrant";
    ScoreMql "score.mql" Kind::Flag, "the lead is at or above the distribution standard";
}

const HORIZONS: &[&str] = &["immediate", "three_months", "six_months", "one_year", "over_a_year", "just_looking"];

const CHANNELS: &[&str] = &[
    "website",
    "organic_search",
    "social_media",
    "email",
    "referral",
    "call_centre",
    "paid_search",
    "paid_social",
    "display_ads",
    "event",
    "webinar",
    "content_syndication",
    "reseller",
    "partner_referral",
    "marketplace",
];

impl Field {
    /// Whether it is worked out by `score`, and so known to `route` alone.
    pub(crate) fn needs_scores(&self) -> bool {
        matches!(self, Self::ScoreIntent | Self::ScoreValue | Self::ScoreQuadrant | Self::ScoreMql)
    }

    /// Whether one lead may have several values of it.
    pub(crate) fn is_many_valued(&self) -> bool {
        use Field as F;
        matches!(self, F::TagsIdentity | F::TagsPurchase | F::TagsInteraction | F::InterestBrands | F::InterestMessage)
            || self.kind() == Kind::Domain
    }

    /// Whether a table may look it up: a text of which a lead has one.
    pub(super) fn can_be_looked_up(&self) -> bool {
        !self.is_many_valued() && self.kind().has_words()
    }
}

impl<'a> Facts<'a> {
    /// The lead's answer to `field`. Interest and tags take the touches in: the soonest horizon, the largest budget,
    /// any message, all tags.
    pub(crate) fn answer(&self, field: &Field) -> Fact<'a> {
        use Field as F;
        let (submission, profile) = (self.submission, self.profile);
        let (contact, company, source) = (&submission.contact, &submission.company, &submission.source);
        match field {
            F::FormId => known(submission.form_id.as_str()),
            F::FormConsentRequired => Fact::Flag(self.rules.form(&submission.form_id).consent_required),
            F::FormHoneypot => Fact::Flag(submission.visit.honeypot),
            F::FormTooFast => {
                let policy = self.rules.form(&submission.form_id);
                Fact::Flag(submission.visit.elapsed_ms.is_some_and(|elapsed| policy.is_too_fast(elapsed)))
            }
            F::FormCaptcha => text(submission.visit.captcha.map(|captcha| match captcha {
                Captcha::Solved => "solved",
                Captcha::Unchecked => "unchecked",
            })),
            F::CampaignScreening => {
                Fact::Flag(source.campaign.as_ref().is_some_and(|campaign| self.rules.campaign(campaign).screening))
            }
            F::ContactName => personal(contact.name.as_ref()),
            F::ContactTitle => personal(contact.title.as_ref()),
            F::ContactEmail => personal(profile.email.as_ref()),
            F::EmailDomain => domains(profile.email_domain.as_deref(), profile.email_registrable.as_deref()),
            F::EmailLocal => personal(profile.email_local.as_ref()),
            F::PhoneState => known(match profile.phone {
                PhoneFact::None => "none",
                PhoneFact::Valid { .. } => "valid",
                PhoneFact::Invalid { .. } => "invalid",
            }),
            F::PhoneType => text(profile.phone.kind()),
            F::PhoneDigitRun => Fact::Number(profile.phone.digit_run().into()),
            F::CompanyName => text(profile.company_key.as_deref()),
            F::CompanyDomain => domains(profile.stated_domain.as_deref(), profile.company_domain.as_deref()),
            F::CompanyIndustry => text(company.industry.as_deref()),
            F::CompanySize => number(company.size.map(i64::from)),
            F::CompanyCountry => text(profile.place.country),
            F::CompanyProvince => text(profile.place.province),
            F::CompanyCity => text(profile.place.city),
            F::InterestProduct => text(submission.interest.product.as_deref()),
            F::InterestHorizon => text(self.all().filter_map(|s| s.interest.horizon).min().map(horizon)),
            F::InterestBudget => number(self.budgets().max()),
            F::InterestBudgetStated => Fact::Flag(self.all().any(|s| s.interest.budget.is_some())),
            F::InterestBrands => texts(self.all().flat_map(|s| &s.interest.brands).map(String::as_str)),
            F::InterestMessage => texts(self.all().filter_map(|s| s.interest.message.as_ref()).map(Personal::expose)),
            F::SourceChannel => known(channel(source.channel)),
            F::SourceChannelKind => known(channel_kind(source.channel.kind())),
            F::SourceCampaign => text(source.campaign.as_ref().map(|campaign| campaign.as_str())),
            F::SourceContentId => text(source.content_id.as_deref()),
            F::SourceOwner => text(source.owner.as_deref()),
            F::SourceSignedBy => text(source.signed_by.as_ref().map(|principal| principal.as_str())),
            F::UtmSource => text(source.utm.source.as_deref()),
            F::UtmMedium => text(source.utm.medium.as_deref()),
            F::UtmCampaign => text(source.utm.campaign.as_deref()),
            F::ConsentPurpose => text(submission.consent.as_ref().map(|consent| consent.purpose.as_str())),
            F::TagsIdentity => texts(self.all().flat_map(|s| &s.tags.identity).map(String::as_str)),
            F::TagsPurchase => texts(self.all().flat_map(|s| &s.tags.purchase).map(String::as_str)),
            F::TagsInteraction => texts(self.interactions().map(|i| i.kind.as_str())),
            F::Qualification => text(submission.qualification.map(|qualification| match qualification {
                Qualification::Mql => "mql",
                Qualification::Sql => "sql",
            })),
            F::Touches => number(i64::try_from(self.touches.len()).ok()),
            F::AccountKind => text(self.account.map(|account| match account.kind {
                AccountKind::Customer => "customer",
                AccountKind::Key => "key",
                AccountKind::Competitor => "competitor",
            })),
            F::AccountOwner => text(self.account.and_then(|account| account.owner.as_deref())),
            F::ScoreIntent => number(self.scored.map(|scored| scored.intent.into())),
            F::ScoreValue => number(self.scored.map(|scored| scored.value.into())),
            F::ScoreQuadrant => text(self.scored.map(|scored| quadrant(scored.quadrant))),
            F::ScoreMql => self.scored.map_or(Fact::Absent, |scored| Fact::Flag(scored.mql)),
            F::Custom(name) => personal(submission.custom.get(name)),
        }
    }

    fn all(&self) -> impl Iterator<Item = &'a Submission> {
        std::iter::once(self.submission).chain(self.touches)
    }

    /// The times of the interactions that a condition on them asks for and that still count.
    pub(crate) fn interactions_in(&self, when: &Condition) -> impl Iterator<Item = Option<Timestamp>> {
        let wanted = match when {
            Condition::Test(Test { operator: Operator::In(kinds), .. }) => Some(kinds),
            _ => None,
        };
        self.interactions()
            .filter(move |i| wanted.is_some_and(|kinds| kinds.contains(folded(&i.kind).as_ref())))
            .map(|i| i.at)
    }

    fn interactions(&self) -> impl Iterator<Item = &'a Interaction> {
        let since = self.interactions_since;
        let counts = move |at: Option<Timestamp>| at.zip(since).is_none_or(|(at, since)| at >= since);
        self.all().flat_map(|s| &s.tags.interaction).filter(move |i| counts(i.at))
    }

    fn budgets(&self) -> impl Iterator<Item = i64> {
        let rules = self.rules;
        self.all().filter_map(|s| s.interest.budget.as_ref()).filter_map(|budget| rules.scoring.in_our_currency(budget))
    }
}

pub(crate) fn quadrant(quadrant: Quadrant) -> &'static str {
    match quadrant {
        Quadrant::Hot => "hot",
        Quadrant::SelfService => "self_service",
        Quadrant::Review => "review",
        Quadrant::Nurture => "nurture",
    }
}

pub(super) fn channel_kind(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Free => "free",
        ChannelKind::Paid => "paid",
        ChannelKind::Partner => "partner",
    }
}

fn horizon(horizon: Horizon) -> &'static str {
    match horizon {
        Horizon::Immediate => "immediate",
        Horizon::ThreeMonths => "three_months",
        Horizon::SixMonths => "six_months",
        Horizon::OneYear => "one_year",
        Horizon::OverAYear => "over_a_year",
        Horizon::JustLooking => "just_looking",
    }
}

fn channel(channel: Channel) -> &'static str {
    use Channel as C;
    match channel {
        C::Website => "website",
        C::OrganicSearch => "organic_search",
        C::SocialMedia => "social_media",
        C::Email => "email",
        C::Referral => "referral",
        C::CallCentre => "call_centre",
        C::PaidSearch => "paid_search",
        C::PaidSocial => "paid_social",
        C::DisplayAds => "display_ads",
        C::Event => "event",
        C::Webinar => "webinar",
        C::ContentSyndication => "content_syndication",
        C::Reseller => "reseller",
        C::PartnerReferral => "partner_referral",
        C::Marketplace => "marketplace",
    }
}

fn known(text: &str) -> Fact<'_> {
    Fact::Text(Cow::Borrowed(text))
}

fn text(text: Option<&str>) -> Fact<'_> {
    text.map_or(Fact::Absent, known)
}

fn personal(value: Option<&Personal>) -> Fact<'_> {
    text(value.map(Personal::expose))
}

fn number<'a>(number: Option<i64>) -> Fact<'a> {
    number.map_or(Fact::Absent, Fact::Number)
}

fn texts<'a>(items: impl Iterator<Item = &'a str>) -> Fact<'a> {
    let items: Vec<_> = items.map(Cow::Borrowed).collect();
    if items.is_empty() { Fact::Absent } else { Fact::Texts(items) }
}

/// A domain answers as itself and as each domain above it down to the registrable one, so that a listed domain covers what
/// lies under it.
fn domains<'a>(full: Option<&'a str>, registrable: Option<&'a str>) -> Fact<'a> {
    let whole = full.zip(registrable).filter(|(full, registrable)| full.ends_with(registrable));
    let above = whole.into_iter().flat_map(|(full, registrable)| with_those_above(full, registrable));
    let beside = if whole.is_some() { None } else { registrable };
    texts(above.chain(beside))
}
