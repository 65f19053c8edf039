use std::path::PathBuf;

use super::*;

fn recipes(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/forms/recipes").join(name)
}

/// The leads that a shipped recipe makes of its sample: key, then fields as they are posted.
fn of_sample(recipe: &str, sample: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let export = Recipe::read(&recipes(recipe)).unwrap().apply(&recipes(sample)).unwrap();
    assert_eq!(export.mistakes, []);
    let lead = |lead: &FileLead| {
        let mut fields = BTreeMap::<String, String>::new();
        for (name, value) in form_urlencoded::parse(lead.body.as_bytes()).into_owned() {
            fields.entry(name).and_modify(|all| *all = format!("{all} | {value}")).or_insert(value);
        }
        (lead.key.clone(), fields)
    };
    export.leads.iter().map(lead).collect()
}

fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn typeform() {
    let leads = of_sample("typeform.toml", "typeform.sample.json");
    let anna = fields(&[
        ("form_id", "webinar"),
        ("source.channel", "webinar"),
        ("consent.text_version", "typeform-2026-01"),
        ("contact.name", "Anna Berg"),
        ("contact.email", "anna.berg@stone-tools.example"),
        ("company.name", "Stone Tools"),
        ("company.country", "Germany"),
        ("interest.horizon", "three_months"),
        ("interest.brands", "Norden | Sued"),
        ("consent.purpose", "sales_contact"),
        ("consent.at", "2026-03-02T01:12:30Z"),
        ("source.utm.source", "newsletter"),
        ("source.utm.campaign", "spring"),
    ]);
    let suzhou = fields(&[
        ("form_id", "webinar"),
        ("source.channel", "webinar"),
        ("consent.text_version", "typeform-2026-01"),
        ("contact.phone", "+8651267891234"),
        ("company.name", "苏州精密"),
        ("consent.at", "2026-03-02T02:03:00Z"),
    ]);
    assert_eq!(leads, [("k3p0s7d1m9q2".to_owned(), anna), ("z8x7c6v5b4n3".to_owned(), suzhou)]);
}

#[test]
fn hubspot() {
    let leads = of_sample("hubspot.toml", "hubspot.sample.json");
    let jean = fields(&[
        ("form_id", "contact"),
        ("source.channel", "website"),
        ("consent.text_version", "hubspot-2026-01"),
        ("contact.name", "Jean Petit"),
        ("contact.email", "jean.petit@rivage.example"),
        ("contact.title", "Buyer"),
        ("company.name", "Rivage SA"),
        ("company.country", "France"),
        ("interest.message", "A quote for two lines, please."),
        ("consent.purpose", "sales_contact"),
        ("consent.at", "2026-03-02T01:12:30Z"),
        ("custom.page", "https://www.example.com/fr/contact"),
    ]);
    assert_eq!(leads.first(), Some(&("0c6e4d1a-52f1-4a7e-9d3b-5b8f0a6f1e11".to_owned(), jean)));
    assert_eq!(leads.len(), 2);
    assert_eq!(leads[1].1.get("consent.purpose"), None);
}

#[test]
fn event_list() {
    let leads = of_sample("event-list.toml", "event-list.sample.csv");
    let wang = fields(&[
        ("form_id", "event-checkin"),
        ("source.channel", "event"),
        ("source.campaign", "autumn-fair-2026"),
        ("consent.text_version", "fair-2026"),
        ("contact.name", "Fang Wang"),
        ("contact.email", "fang.wang@jinlong.example"),
        ("contact.phone", "+86 139 1234 5670"),
        ("contact.title", "厂长"),
        ("company.name", "金龙锻造"),
        ("company.country", "CN"),
        ("company.size", "500"),
        ("tags.identity", "decision_maker | user"),
        ("consent.purpose", "sales_contact"),
        ("consent.at", "2026-09-14T02:05:00Z"),
    ]);
    assert_eq!(leads.first(), Some(&("A-1001".to_owned(), wang)));
    assert_eq!(leads[2].1["company.name"], "Roe, Son & Co.");
    assert!(!leads[2].1.contains_key("consent.purpose"), "who said no has not agreed");
}

/// What a recipe makes of a text: the number of leads, and the mistakes as they are shown.
fn applied(recipe: &str, name: &str, text: &[u8]) -> Result<(usize, Vec<String>), String> {
    let recipe: Recipe = toml::from_str(recipe).map_err(|error| error.to_string())?;
    let dir = std::env::temp_dir().join(format!("leadctl-recipe-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join(name), text).unwrap();
    let export = recipe.apply(&dir.join(name));
    std::fs::remove_dir_all(&dir).unwrap();
    let shown = |text: String| text.replace(&format!("{}/", dir.display()), "");
    let export = export.map_err(|error| shown(format!("{error:#}")))?;
    Ok((export.leads.len(), export.mistakes.iter().map(|mistake| shown(mistake.to_string())).collect()))
}

const LIST: &str = r#"
format = "csv"
submission_id = "No"
constants = { "form_id" = "contact", "source.channel" = "event" }
field = [
    { to = "contact.email", from = "Mail" },
    { to = "interest.horizon", from = "When", values = { "now" = "immediate" } },
    { to = "consent.at", from = "At", time = { format = "%Y-%m-%d %H:%M", zone = "Asia/Shanghai" } },
]
"#;

#[test]
fn every_mistake_has_its_row_its_column_and_its_mend() {
    let text = "No,Mail,When,At\n1,li@acme.example,now,\n2,li at acme,now,\n\n3,a@b.example,soon,yesterday\n,c@d.example,,\n5,,,\n";
    let (leads, mistakes) = applied(LIST, "list.csv", text.as_bytes()).unwrap();
    assert_eq!(leads, 1);
    assert_eq!(
        mistakes,
        [
            "list.csv:3, column “Mail” → `contact.email`: Give one e-mail address, for example \
             `first.last@company.example`.",
            "list.csv:5, column “When” → `interest.horizon`: It is none of “now”; add it to `values` of the recipe, or \
             set `otherwise`.",
            "list.csv:5, column “At” → `consent.at`: It is not written as %Y-%m-%d %H:%M says; mend it, or `time` in \
             the recipe.",
            "list.csv:6, column “No”: It tells records apart, and has to be 1 to 255 visible ASCII characters.",
            "list.csv:7, column “Mail” → `contact.email`: Give an `email` or a `phone`: one way to reach the person.",
        ]
    );
}

#[test]
fn what_keeps_a_whole_file_from_being_read_is_told() {
    let rows: [(&str, &str, &[u8], &str); 5] = [
        (LIST, "list.csv", b"No;Mail;When;At\n1;a@b.example;now;\n", "no column “Mail”, “When”, “At”, “No”"),
        (LIST, "list.csv", b"No,Mail,When,At\n\n1,a@b.example\n", "list.csv:3: it has 2 cells, and the first line 4"),
        (LIST, "list.csv", b"No,Mail,When,At\n1,\xcd\xf5,now,\n", "list.csv is not UTF-8; save it as “CSV UTF-8”"),
        (&LIST.replace("csv", "json"), "a.json", b"{\"items\": []}", "a.json has no list at “”; set `records`"),
        (&LIST.replace("to =", "too ="), "list.csv", b"", "unknown field `too`"),
    ];
    for (recipe, name, text, wanted) in rows {
        let told = applied(recipe, name, text).unwrap_err();
        assert!(told.contains(wanted), "{told}");
    }
}

#[test]
fn a_list_of_a_spreadsheet_in_europe_is_read() {
    let recipe = LIST.replace("format = \"csv\"", "format = \"csv\"\ndelimiter = \";\"");
    let text = "\u{feff}No;Mail;When;At\r\n1;a@b.example;now;2026-09-14 10:05\r\n";
    assert_eq!(applied(&recipe, "list.csv", text.as_bytes()), Ok((1, Vec::new())));
}
