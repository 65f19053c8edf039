//! What generated leads are made of. Weights say how often something comes; they need not add up to anything.

/// A market: its country as forms have it, and how numbers look there (`#` is a digit).
pub(super) const MARKETS: [(Market, u64); 16] = [
    (Market { country: "CN", phone: "138########", home: Home::China }, 45),
    (Market { country: "US", phone: "+1 201 555 01##", home: Home::World }, 10),
    (Market { country: "Germany", phone: "030 23125 ###", home: Home::World }, 8),
    (Market { country: "GB", phone: "07700 900###", home: Home::World }, 6),
    (Market { country: "France", phone: "01 99 00 ## ##", home: Home::World }, 5),
    (Market { country: "Japan", phone: "03-6###-####", home: Home::World }, 4),
    (Market { country: "India", phone: "98### #####", home: Home::World }, 4),
    (Market { country: "KR", phone: "+82 2 3### ####", home: Home::World }, 3),
    (Market { country: "Italy", phone: "02 3### ####", home: Home::World }, 3),
    (Market { country: "Brazil", phone: "11 3###-####", home: Home::World }, 3),
    (Market { country: "Singapore", phone: "6### ####", home: Home::World }, 2),
    (Market { country: "Taiwan", phone: "02 2### ####", home: Home::China }, 2),
    (Market { country: "Mexico", phone: "55 5### ####", home: Home::World }, 2),
    (Market { country: "PL", phone: "22 5## ## ##", home: Home::World }, 2),
    (Market { country: "Nigeria", phone: "0803 ### ####", home: Home::World }, 1),
    (Market { country: "", phone: "+44 7700 900###", home: Home::World }, 2),
];

#[derive(Clone, Copy, Default)]
pub(super) struct Market {
    /// Empty for a form that does not ask.
    pub(super) country: &'static str,
    pub(super) phone: &'static str,
    pub(super) home: Home,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Home {
    China,
    #[default]
    World,
}

/// Province, city, and both in Latin letters.
pub(super) type ChineseCity = (&'static str, &'static str, &'static str, &'static str);

/// Cities, each with its weight.
pub(super) const CHINESE_CITIES: [(ChineseCity, u64); 20] = [
    (("江苏省", "苏州市", "Jiangsu", "Suzhou"), 10),
    (("上海", "上海", "Shanghai", "Shanghai"), 10),
    (("广东", "深圳", "Guangdong", "Shenzhen"), 10),
    (("广东省", "东莞", "Guangdong", "Dongguan"), 7),
    (("浙江", "杭州", "Zhejiang", "Hangzhou"), 7),
    (("浙江省", "宁波市", "Zhejiang", "Ningbo"), 5),
    (("北京", "北京", "Beijing", "Beijing"), 8),
    (("山东", "青岛", "Shandong", "Qingdao"), 5),
    (("天津", "天津", "Tianjin", "Tianjin"), 4),
    (("湖北", "武汉", "Hubei", "Wuhan"), 5),
    (("四川", "成都", "Sichuan", "Chengdu"), 5),
    (("重庆", "重庆", "Chongqing", "Chongqing"), 4),
    (("陕西", "西安", "Shaanxi", "Xi'an"), 4),
    (("辽宁", "大连", "Liaoning", "Dalian"), 3),
    (("福建", "厦门", "Fujian", "Xiamen"), 3),
    (("湖南", "长沙", "Hunan", "Changsha"), 3),
    (("安徽", "合肥", "Anhui", "Hefei"), 3),
    (("河南", "郑州", "Henan", "Zhengzhou"), 3),
    (("内蒙古", "呼和浩特", "Inner Mongolia", "Hohhot"), 1),
    (("新疆", "乌鲁木齐", "Xinjiang", "Urumqi"), 1),
];

pub(super) const SURNAMES: [&str; 20] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马",
    "罗",
];
pub(super) const GIVEN: [&str; 20] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "涛", "明", "秀兰", "晓东", "文博",
    "思远", "雨桐",
];
pub(super) const FIRST_NAMES: [&str; 24] = [
    "Anna", "Ben", "Carla", "David", "Elena", "Felix", "Grace", "Hugo", "Ines", "Jonas", "Kenji", "Laura", "Marek",
    "Nadia", "Oliver", "Priya", "Quentin", "Rosa", "Samuel", "Tomoko", "Usha", "Victor", "Wanda", "Yuna",
];
pub(super) const LAST_NAMES: [&str; 24] = [
    "Albrecht", "Bianchi", "Carter", "Dubois", "Evans", "Fischer", "García", "Hughes", "Ivanova", "Jensen", "Kowalski",
    "Lima", "Moreau", "Nakamura", "Okafor", "Patel", "Quinn", "Rossi", "Schmidt", "Tanaka", "Ueda", "Varga", "Weber",
    "Yilmaz",
];

/// A syllable of a company's name: in Chinese, in Latin letters.
pub(super) const SYLLABLES: [(&str, &str); 16] = [
    ("云", "yun"),
    ("海", "hai"),
    ("启", "qi"),
    ("宏", "hong"),
    ("远", "yuan"),
    ("晨", "chen"),
    ("锐", "rui"),
    ("诚", "cheng"),
    ("泰", "tai"),
    ("凌", "ling"),
    ("博", "bo"),
    ("嘉", "jia"),
    ("天", "tian"),
    ("恒", "heng"),
    ("新", "xin"),
    ("瑞", "ray"),
];
pub(super) const WORLD_STEMS: [&str; 20] = [
    "Alder", "Baltic", "Cedar", "Delta", "Eastern", "Ferro", "Granite", "Harbour", "Iron", "Juniper", "Kestrel",
    "Lumen", "Meridian", "Northern", "Orion", "Pioneer", "Quarry", "River", "Summit", "Vector",
];
pub(super) const LEGAL_FORMS: [&str; 8] = ["Ltd", "GmbH", "Inc.", "S.A.", "AG", "LLC", "S.p.A.", "Co., Ltd."];

/// Industry in English, in Chinese, and the word that a company's name takes from it.
pub(super) const INDUSTRIES: [((&str, &str, &str), u64); 12] = [
    (("manufacturing", "制造业", "Works"), 18),
    (("automotive", "汽车", "Motors"), 12),
    (("electronics", "电子", "Electronics"), 14),
    (("machinery", "机械", "Machines"), 10),
    (("packaging", "包装", "Packaging"), 6),
    (("logistics", "物流", "Logistics"), 8),
    (("pharmaceutical", "制药", "Pharma"), 5),
    (("healthcare", "医疗", "Health"), 6),
    (("finance", "金融", "Capital"), 4),
    (("energy", "能源", "Energy"), 5),
    (("education", "教育", "Institute"), 4),
    (("retail", "零售", "Stores"), 8),
];

/// How many people, and how often.
pub(super) const SIZES: [((u64, u64), u64); 6] =
    [((1, 19), 22), ((20, 99), 28), ((100, 499), 26), ((500, 999), 11), ((1000, 9_999), 10), ((10_000, 90_000), 3)];

/// Title in English and in Chinese, and how much its bearer decides: 2 decides, 1 prepares, 0 neither.
pub(super) const TITLES: [((&str, &str, u64), u64); 8] = [
    (("Managing Director", "总经理", 2), 8),
    (("Head of Production", "厂长", 2), 8),
    (("Purchasing Manager", "采购经理", 1), 18),
    (("Project Manager", "项目经理", 1), 14),
    (("Senior Engineer", "高级工程师", 1), 18),
    (("Engineer", "工程师", 0), 20),
    (("Assistant", "助理", 0), 8),
    (("", "", 0), 20),
];

/// Channel, the form behind it, and what people do there.
pub(super) const CHANNELS: [((&str, &str, &str), u64); 12] = [
    (("website", "contact", "quote_request"), 18),
    (("organic_search", "demo-request", "demo_request"), 12),
    (("paid_search", "contact", "page_view"), 14),
    (("paid_social", "whitepaper", "download"), 10),
    (("display_ads", "whitepaper", "page_view"), 5),
    (("content_syndication", "whitepaper", "download"), 8),
    (("webinar", "webinar", "webinar"), 9),
    (("event", "event-checkin", "booth_visit"), 10),
    (("email", "whitepaper", "newsletter_click"), 5),
    (("call_centre", "call-centre", "call"), 4),
    (("referral", "contact", "meeting"), 3),
    (("partner_referral", "partner-feed", "meeting"), 2),
];

/// When they mean to buy, and how good a sign that is.
pub(super) const HORIZONS: [((&str, u64), u64); 7] = [
    (("immediate", 30), 8),
    (("three_months", 24), 16),
    (("six_months", 16), 20),
    (("one_year", 8), 18),
    (("over_a_year", 2), 8),
    (("just_looking", 0), 14),
    (("", 4), 16),
];

pub(super) const PRODUCTS: [(&str, &str); 6] = [
    ("servo press", "伺服压机"),
    ("robot cell", "机器人单元"),
    ("conveyor", "输送线"),
    ("vision inspection", "视觉检测"),
    ("packing line", "包装线"),
    ("control system", "控制系统"),
];
pub(super) const MESSAGES: [(&str, &str); 5] = [
    ("Please send an offer with delivery times.", "请报价并说明交货期。"),
    ("We rebuild a line next year and compare suppliers.", "明年改造生产线，正在比较供应商。"),
    ("Can somebody call me about a demonstration?", "请安排人员联系我演示。"),
    ("Looking for general information.", "想了解一下产品资料。"),
    ("Two cells are to be replaced this quarter.", "本季度需要更换两套单元。"),
];
pub(super) const FREE_MAIL: [&str; 5] = ["gmail.com", "outlook.com", "qq.com", "163.com", "gmx.de"];
pub(super) const OWNERS: [&str; 5] = ["gao.wenbin", "emma.brandt", "sun.wei", "ingrid.solberg", "zhao.lei"];

pub(super) const GOOD_ENDS: [(&str, u64); 3] = [("accepted", 55), ("opportunity", 30), ("won", 15)];
pub(super) const OTHER_ENDS: [(&str, u64); 8] = [
    ("unreachable", 24),
    ("demand_unclear", 22),
    ("no_budget_yet", 18),
    ("not_a_fit", 16),
    ("purchase_in_over_a_year", 8),
    ("lost_to_competitor", 8),
    ("duplicate", 3),
    ("left_the_company", 1),
];
