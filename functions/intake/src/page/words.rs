//! What the pages say, in each language.

/// The words of one language.
pub(crate) struct Words {
    /// What `lang` and `Content-Language` say.
    pub(crate) language: &'static str,
    /// How requests for the language begin.
    pub(crate) primary: &'static str,
    pub(crate) thanks: &'static str,
    pub(crate) received: &'static str,
    /// Between a field and what is to do.
    pub(crate) colon: &'static str,
    /// Before the lead's id.
    pub(crate) reference: &'static str,
    pub(crate) mend: &'static str,
    pub(crate) go_back: &'static str,
    pub(crate) not_yet: &'static str,
    pub(crate) again: &'static str,
    pub(crate) captcha: &'static str,
    pub(crate) too_large: &'static str,
    pub(crate) sent_before: &'static str,
    pub(crate) cannot: &'static str,
    pub(crate) page_is_wrong: &'static str,
    /// Where these words stand in the tables below.
    column: fn(&Row) -> &'static str,
}

/// A pointer or a code, in English and in Chinese.
type Row = (&'static str, &'static str, &'static str);

pub(crate) static ENGLISH: Words = Words {
    language: "en",
    primary: "en",
    thanks: "Thank you",
    received: "We have received your message.",
    colon: ": ",
    reference: "Reference: ",
    mend: "Please check what you entered",
    go_back: "Go back to the form: what you entered is still there. Then send it again.",
    not_yet: "Not sent yet",
    again: "Please go back to the form in a moment, and send it again.",
    captcha: "Please go back, confirm once more that you are a person, and send the form again.",
    too_large: "What you entered is too long. Please go back, shorten it, and send the form again.",
    sent_before: "This form was sent before, with other entries. To send another one, please load its page anew.",
    cannot: "This form cannot be sent",
    page_is_wrong: "Something is wrong with the page that the form is on. Please tell whoever runs it.",
    column: |row| row.1,
};

pub(crate) static CHINESE: Words = Words {
    language: "zh-CN",
    primary: "zh",
    thanks: "谢谢",
    received: "我们已收到您的信息。",
    colon: "：",
    reference: "编号：",
    mend: "请检查您填写的内容",
    go_back: "请返回表单（您填写的内容仍在），修改后重新提交。",
    not_yet: "尚未提交",
    again: "请稍后返回表单，重新提交。",
    captcha: "请返回表单，再次完成人机验证后重新提交。",
    too_large: "填写的内容过长。请返回表单，缩短后重新提交。",
    sent_before: "此表单已提交过，且内容不同。如需再次提交，请重新打开表单页面。",
    cannot: "此表单无法提交",
    page_is_wrong: "表单所在的页面有误，请联系本网站的管理员。",
    column: |row| row.2,
};

/// What forms call the fields, in their usual order.
static FIELDS: [Row; 24] = [
    ("/contact", "E-mail or phone", "电子邮箱或电话"),
    ("/contact/name", "Name", "姓名"),
    ("/contact/email", "E-mail", "电子邮箱"),
    ("/contact/phone", "Phone", "电话"),
    ("/contact/title", "Job title", "职位"),
    ("/company/name", "Company", "公司"),
    ("/company/domain", "Company website", "公司网站"),
    ("/company/industry", "Industry", "行业"),
    ("/company/size", "Company size", "公司规模"),
    ("/company/country", "Country", "国家"),
    ("/company/province", "Province", "省份"),
    ("/company/city", "City", "城市"),
    ("/interest/product", "Product", "产品"),
    ("/interest/horizon", "When you mean to buy", "采购时间"),
    ("/interest/budget", "Budget", "预算"),
    ("/interest/budget/minor", "Budget", "预算"),
    ("/interest/budget/currency", "Currency", "币种"),
    ("/interest/brands", "Brands", "品牌"),
    ("/interest/message", "Message", "留言"),
    ("/consent", "Consent", "同意"),
    ("/consent/purpose", "Consent", "同意"),
    ("/custom", "Further entries", "其他内容"),
    ("/tags/identity", "About you", "关于您"),
    ("/tags/purchase", "Earlier purchases", "过往采购"),
];

/// What to do about a code, or about a code at one place.
static MENDS: [Row; 9] = [
    ("/contact required", "Please give at least one of them.", "请至少填写一项。"),
    ("required", "Please fill this in.", "请填写此项。"),
    ("too-long", "This is too long.", "内容过长。"),
    ("too-many", "These are too many.", "数量过多。"),
    ("out-of-range", "This number is too small or too large.", "数值超出范围。"),
    ("wrong-type", "Please give a whole number.", "请填写整数。"),
    (
        "illegal-character",
        "This holds a character that cannot be taken. Please type it again.",
        "含有无法接收的字符，请重新输入。",
    ),
    (
        "not-an-email",
        "Please give one e-mail address, such as name@company.com.",
        "请填写一个电子邮箱，例如 name@company.com。",
    ),
    ("", "Please check this.", "请检查此项。"),
];

impl Words {
    /// What a field is called. `None` if forms have no such field.
    pub(crate) fn field(&self, pointer: &str) -> Option<&'static str> {
        row_of(pointer).map(|(_, row)| (self.column)(row))
    }

    /// What to do.
    pub(crate) fn mend_of(&self, pointer: &str, code: &str) -> &'static str {
        let at_place = format!("{pointer} {code}");
        let row = |name: &str| MENDS.iter().find(|row| row.0 == name);
        [at_place.as_str(), code, ""].into_iter().find_map(row).map_or(self.mend, self.column)
    }
}

/// Where a field stands in a form as a rule; those that forms do not have come last.
pub(crate) fn place(pointer: &str) -> usize {
    row_of(pointer).map_or(FIELDS.len(), |(place, _)| place)
}

/// A field's row: a list's items have the row of the list, and an operator's own fields one in common.
fn row_of(pointer: &str) -> Option<(usize, &'static Row)> {
    let row = |name: &str| FIELDS.iter().enumerate().find(|(_, row)| row.0 == name);
    let list = pointer.rsplit_once('/').filter(|(_, item)| item.parse::<u32>().is_ok()).map(|(list, _)| list);
    let own = pointer.starts_with("/custom/").then_some("/custom");
    [Some(pointer), list, own].into_iter().flatten().find_map(row)
}
