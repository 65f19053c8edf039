//! The words that rules list and leads use, with other spellings of the same, written out by hand.

/// A country: ISO 3166-1 alpha-2, then what people write for it.
pub type Country = (&'static str, &'static [&'static str]);

/// Countries that rows list. Only those count as Chinese whose provinces are in [`PROVINCES`].
pub const COUNTRIES: &[Country] = &[
    ("CN", &["CN", "cn", "China", "CHINA", "中国", "CHN"]),
    ("DE", &["DE", "Germany", "germany", "德国", "DEU"]),
    ("AT", &["AT", "Austria", "奥地利"]),
    ("CH", &["CH", "Switzerland", "瑞士"]),
    ("FR", &["FR", "France", "FRANCE", "法国"]),
    ("BE", &["BE", "Belgium", "比利时"]),
    ("NL", &["NL", "Netherlands", "荷兰"]),
    ("GB", &["GB", "United Kingdom", "英国"]),
    ("IE", &["IE", "Ireland", "爱尔兰"]),
    ("ES", &["ES", "Spain", "西班牙"]),
    ("PT", &["PT", "Portugal", "葡萄牙"]),
    ("IT", &["IT", "Italy", "意大利"]),
    ("GR", &["GR", "Greece", "希腊"]),
    ("DK", &["DK", "Denmark", "丹麦"]),
    ("SE", &["SE", "Sweden", "瑞典"]),
    ("NO", &["NO", "Norway", "挪威"]),
    ("FI", &["FI", "Finland", "芬兰"]),
    ("PL", &["PL", "Poland", "波兰"]),
    ("HU", &["HU", "Hungary", "匈牙利"]),
    ("RO", &["RO", "Romania", "罗马尼亚"]),
    ("UA", &["UA", "Ukraine", "乌克兰"]),
    ("JP", &["JP", "Japan", "日本"]),
    ("KR", &["KR", "South Korea", "韩国"]),
    ("SG", &["SG", "Singapore", "新加坡"]),
    ("MY", &["MY", "Malaysia", "马来西亚"]),
    ("TH", &["TH", "Thailand", "泰国"]),
    ("VN", &["VN", "Vietnam", "越南"]),
    ("ID", &["ID", "Indonesia", "印度尼西亚"]),
    ("PH", &["PH", "Philippines", "菲律宾"]),
    ("IN", &["IN", "India", "INDIA", "印度"]),
    ("PK", &["PK", "Pakistan", "巴基斯坦"]),
    ("AU", &["AU", "Australia", "澳大利亚"]),
    ("NZ", &["NZ", "New Zealand", "新西兰"]),
    ("US", &["US", "USA", "United States", "美国"]),
    ("CA", &["CA", "Canada", "加拿大"]),
    ("MX", &["MX", "Mexico", "墨西哥"]),
    ("BR", &["BR", "Brazil", "巴西"]),
    ("AR", &["AR", "Argentina", "阿根廷"]),
    ("CL", &["CL", "Chile", "智利"]),
    ("PE", &["PE", "Peru", "秘鲁"]),
    ("NG", &["NG", "Nigeria", "尼日利亚"]),
    ("EG", &["EG", "Egypt", "埃及"]),
    ("ZA", &["ZA", "South Africa", "南非"]),
    ("KE", &["KE", "Kenya", "肯尼亚"]),
    ("SA", &["SA", "Saudi Arabia", "沙特阿拉伯"]),
    ("IL", &["IL", "Israel", "以色列"]),
];

/// What people write for a country that is none.
pub const NO_COUNTRIES: &[&str] = &["Atlantis", "??", "XX", "N/A", "欧洲"];

/// A Chinese province: its name in the rules, what people write for it, and cities that tell it by themselves.
pub type Province = (&'static str, &'static [&'static str], &'static [&'static str]);

/// Mainland provinces.
pub const PROVINCES: &[Province] = &[
    ("北京", &["北京", "北京市", "Beijing"], &["北京"]),
    ("上海", &["上海", "上海市", "SHANGHAI"], &["上海市", "Shanghai"]),
    ("天津", &["天津", "Tianjin"], &["天津"]),
    ("重庆", &["重庆", "重庆市", "Chongqing"], &["重庆"]),
    ("河北", &["河北", "河北省", "Hebei"], &["石家庄", "唐山市"]),
    ("山西", &["山西", "Shanxi"], &["太原", "大同市"]),
    ("辽宁", &["辽宁", "辽宁省", "Liaoning"], &["沈阳", "大连", "Dalian"]),
    ("吉林", &["吉林", "Jilin"], &["长春"]),
    ("黑龙江", &["黑龙江", "Heilongjiang"], &["哈尔滨", "Harbin"]),
    ("江苏", &["江苏", "江苏省", "Jiangsu", "jiangsu"], &["苏州", "苏州市", "南京", "Nanjing", "无锡"]),
    ("浙江", &["浙江", "浙江省", "Zhejiang"], &["杭州", "Hangzhou", "宁波"]),
    ("安徽", &["安徽", "Anhui"], &["合肥", "Hefei"]),
    ("福建", &["福建", "Fujian"], &["厦门", "泉州"]),
    ("江西", &["江西", "Jiangxi"], &["南昌"]),
    ("山东", &["山东", "Shandong", "山东省"], &["济南", "青岛", "Qingdao"]),
    ("河南", &["河南", "Henan"], &["郑州", "洛阳"]),
    ("湖北", &["湖北", "Hubei"], &["武汉", "Wuhan"]),
    ("湖南", &["湖南", "Hunan"], &["长沙"]),
    ("广东", &["广东", "广东省", "Guangdong", "GUANGDONG"], &["深圳", "Shenzhen", "广州", "东莞市"]),
    ("广西", &["广西", "Guangxi"], &["南宁"]),
    ("海南", &["海南", "Hainan"], &["海口"]),
    ("四川", &["四川", "Sichuan"], &["成都", "Chengdu", "绵阳"]),
    ("贵州", &["贵州", "Guizhou"], &["贵阳"]),
    ("云南", &["云南", "Yunnan"], &["昆明"]),
    ("陕西", &["陕西", "Shaanxi"], &["西安", "Xi'an"]),
    ("甘肃", &["甘肃", "Gansu"], &["兰州"]),
    ("新疆", &["新疆", "Xinjiang"], &["乌鲁木齐"]),
];

/// What people write for a province that is none of China's.
pub const NO_PROVINCES: &[&str] = &["Texas", "Bayern", "不知道", "-"];

/// Industries as rows list them. Most have no other spelling than their case.
pub const INDUSTRIES: &[&str] = &[
    "manufacturing",
    "automotive",
    "electronics",
    "machinery",
    "semiconductor",
    "battery",
    "制造业",
    "汽车",
    "电子",
    "机械",
    "半导体",
    "锂电",
    "healthcare",
    "medical devices",
    "pharmaceutical",
    "医疗",
    "制药",
    "finance",
    "banking",
    "insurance",
    "金融",
    "logistics",
    "物流",
    "food",
    "食品",
    "chemicals",
    "化工",
    "energy",
    "能源",
    "mining",
    "construction",
    "建筑",
    "aerospace",
    "retail",
    "零售",
    "textiles",
    "纺织",
    "paper",
    "printing",
    "education",
    "教育",
    "telecoms",
    "software",
    "agriculture",
    "农业",
    "shipbuilding",
];

/// Products as rows list them.
pub const PRODUCTS: &[&str] = &[
    "press",
    "palletiser",
    "six-axis robot",
    "scara",
    "gripper",
    "vision sensor",
    "conveyor",
    "plc",
    "drive",
    "servo",
    "welding cell",
    "painting cell",
    "screwdriver",
    "feeder",
    "agv",
    "amr",
    "shuttle",
    "lift",
    "turntable",
    "safety fence",
    "light curtain",
    "hmi",
    "edge box",
    "scada",
    "mes",
    "digital twin",
    "spare parts",
    "training",
    "retrofit",
    "leasing",
    "机器人",
    "机械臂",
    "视觉检测",
    "输送线",
    "控制系统",
    "伺服",
    "焊接工作站",
    "喷涂线",
    "拧紧机",
    "送料机",
    "穿梭车",
    "提升机",
    "安全围栏",
    "触摸屏",
    "备件",
    "培训",
    "改造",
    "装配线控制系统",
];

/// Identity tags.
pub const IDENTITIES: &[&str] =
    &["decision_maker", "executive", "budget_holder", "influencer", "purchaser", "engineer", "student", "consultant"];

/// What no row lists, for any text.
pub const UNKNOWN: &[&str] = &["something else", "其他", "n/a", "0"];

/// Where size bands begin and end.
pub const SIZES: &[u32] = &[1, 10, 20, 50, 100, 200, 250, 500, 1_000, 2_000, 5_000, 10_000, 50_000];

/// The kinds of channels and the channels of each.
pub const CHANNELS: &[(&str, &[&str])] = &[
    ("free", &["website", "organic_search", "social_media", "email", "referral", "call_centre"]),
    ("paid", &["paid_search", "paid_social", "display_ads", "event", "webinar", "content_syndication"]),
    ("partner", &["reseller", "partner_referral", "marketplace"]),
];

/// Queues that rows send to; all stand in `infra/queues.toml`.
pub const QUEUES: &[&str] = &[
    "sales-cn-north",
    "sales-cn-east",
    "sales-cn-south",
    "sales-cn-west",
    "sales-apac",
    "sales-europe",
    "sales-americas",
    "sales-manufacturing",
    "sales-healthcare",
    "sales-finance",
    "key-accounts",
    "sales-desk",
];
