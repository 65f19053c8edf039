//! What figures are called, in English and in Chinese.

use clap::ValueEnum;
use serde::Serialize;

/// A language of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// English.
    En,
    /// Simplified Chinese.
    Zh,
}

impl Lang {
    /// The text in this language.
    pub fn of<'t>(self, english: &'t str, chinese: &'t str) -> &'t str {
        match self {
            Self::En => english,
            Self::Zh => chinese,
        }
    }

    /// As HTML has it.
    pub fn tag(self) -> &'static str {
        self.of("en", "zh-Hans")
    }

    /// A stored word for people; others stay as they are.
    pub fn word<'t>(self, list: &[(&'static str, &'static str, &'static str)], stored: &'t str) -> &'t str {
        let known = list.iter().find(|(name, ..)| *name == stored);
        known.map_or(stored, |(_, english, chinese)| self.of(english, chinese))
    }
}

/// A word as it is stored.
pub fn stored(word: &impl Serialize) -> String {
    serde_json::to_value(word).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Channels: as stored, in English, in Chinese.
pub const CHANNELS: [(&str, &str, &str); 15] = [
    ("website", "Website", "官网"),
    ("organic_search", "Organic search", "自然搜索"),
    ("social_media", "Social media", "社交媒体"),
    ("email", "E-mail", "电子邮件"),
    ("referral", "Referral", "客户推荐"),
    ("call_centre", "Call centre", "呼叫中心"),
    ("paid_search", "Paid search", "付费搜索"),
    ("paid_social", "Paid social", "付费社交"),
    ("display_ads", "Display ads", "展示广告"),
    ("event", "Events", "展会活动"),
    ("webinar", "Webinars", "网络研讨会"),
    ("content_syndication", "Content syndication", "内容分发"),
    ("reseller", "Resellers", "经销商"),
    ("partner_referral", "Partner referral", "伙伴推荐"),
    ("marketplace", "Marketplace", "应用市场"),
];

/// Dispositions of the playbook that is shipped.
pub const DISPOSITIONS: [(&str, &str, &str); 15] = [
    ("contacted", "contacted", "已联系"),
    ("accepted", "accepted", "销售接受"),
    ("opportunity", "opportunity", "商机"),
    ("won", "won", "赢单"),
    ("lost_to_competitor", "lost to competitor", "输给竞争对手"),
    ("not_a_fit", "not a fit", "不匹配"),
    ("duplicate", "duplicate", "重复线索"),
    ("purchase_in_over_a_year", "purchase in over a year", "一年后采购"),
    ("no_budget_yet", "no budget yet", "暂无预算"),
    ("demand_unclear", "demand unclear", "需求不明"),
    ("unreachable", "unreachable", "无法联系"),
    ("not_ready", "not ready", "时机未到"),
    ("too_small", "too small", "规模太小"),
    ("needs_a_call", "needs a call", "需电话核实"),
    ("do_not_contact", "do not contact", "请勿联系"),
];

/// Quadrants.
pub const QUADRANTS: [(&str, &str, &str); 4] = [
    ("hot", "Hot: high intent, high value", "高意向、高价值"),
    ("self_service", "Self-service: high intent, low value", "高意向、低价值"),
    ("review", "Review: low intent, high value", "低意向、高价值"),
    ("nurture", "Nurture: low intent, low value", "低意向、低价值"),
];

/// Stages.
pub const STAGES: [(&str, &str, &str); 11] = [
    ("received", "received", "已接收"),
    ("cleaned", "cleaned", "已清洗"),
    ("scored", "scored", "已评分"),
    ("routed", "with sales", "已分派销售"),
    ("nurtured", "in nurture", "培育中"),
    ("pooled", "pooled for later", "线索池"),
    ("rejected", "refused", "已拒绝"),
    ("merged", "joined to another lead", "已合并"),
    ("held", "held for a person", "待人工核实"),
    ("parked", "parked", "异常停放"),
    ("erased", "erased", "已删除"),
];

/// Who found a lead.
pub const ORIGINS: [(&str, &str, &str); 4] = [
    ("marketing", "Marketing", "市场部"),
    ("partner", "Partners", "合作伙伴"),
    ("sales", "Sales themselves", "销售自拓"),
    ("unknown", "Unknown", "未知"),
];

/// What leads are grouped by.
pub const DIMENSIONS: [(&str, &str, &str); 7] = [
    ("channel", "Channel", "渠道"),
    ("campaign", "Campaign", "营销活动"),
    ("region", "Region", "地区"),
    ("industry", "Industry", "行业"),
    ("queue", "Queue", "队列"),
    ("quadrant", "Quadrant", "象限"),
    ("owner", "Owner", "负责人"),
];

/// The steps of the funnel.
pub const STEPS: [(&str, &str, &str); 5] = [
    ("lead", "Leads", "线索"),
    ("mql", "MQL", "市场合格线索 MQL"),
    ("sql", "SQL", "销售接受线索 SQL"),
    ("opportunity", "Opportunities", "商机"),
    ("won", "Won", "赢单"),
];

/// Provinces by the digits of GB/T 2260.
pub const PROVINCES: [(&str, &str, &str); 31] = [
    ("CN-11", "Beijing", "北京"),
    ("CN-12", "Tianjin", "天津"),
    ("CN-13", "Hebei", "河北"),
    ("CN-14", "Shanxi", "山西"),
    ("CN-15", "Inner Mongolia", "内蒙古"),
    ("CN-21", "Liaoning", "辽宁"),
    ("CN-22", "Jilin", "吉林"),
    ("CN-23", "Heilongjiang", "黑龙江"),
    ("CN-31", "Shanghai", "上海"),
    ("CN-32", "Jiangsu", "江苏"),
    ("CN-33", "Zhejiang", "浙江"),
    ("CN-34", "Anhui", "安徽"),
    ("CN-35", "Fujian", "福建"),
    ("CN-36", "Jiangxi", "江西"),
    ("CN-37", "Shandong", "山东"),
    ("CN-41", "Henan", "河南"),
    ("CN-42", "Hubei", "湖北"),
    ("CN-43", "Hunan", "湖南"),
    ("CN-44", "Guangdong", "广东"),
    ("CN-45", "Guangxi", "广西"),
    ("CN-46", "Hainan", "海南"),
    ("CN-50", "Chongqing", "重庆"),
    ("CN-51", "Sichuan", "四川"),
    ("CN-52", "Guizhou", "贵州"),
    ("CN-53", "Yunnan", "云南"),
    ("CN-54", "Tibet", "西藏"),
    ("CN-61", "Shaanxi", "陕西"),
    ("CN-62", "Gansu", "甘肃"),
    ("CN-63", "Qinghai", "青海"),
    ("CN-64", "Ningxia", "宁夏"),
    ("CN-65", "Xinjiang", "新疆"),
];

/// A region's name: a province of mainland China, or a country.
pub fn region(lang: Lang, code: &str) -> String {
    if PROVINCES.iter().any(|(known, ..)| *known == code) {
        return lang.word(&PROVINCES, code).to_owned();
    }
    leads::geo::country_name(code).map_or(code, |(english, chinese)| lang.of(english, chinese)).to_owned()
}

#[cfg(test)]
mod tests {
    use leads::geo::province_code;

    use super::*;

    #[test]
    fn provinces_are_those_of_the_rules() {
        for (code, english, chinese) in PROVINCES {
            let digits = code.strip_prefix("CN-");
            assert_eq!((province_code(english), province_code(chinese)), (digits, digits), "{code}");
        }
    }

    #[test]
    fn channels_are_those_of_the_forms() {
        for (name, ..) in CHANNELS {
            let read: leads::submission::Channel = serde_json::from_value(name.into()).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), name);
        }
    }

    #[test]
    fn regions() {
        for (code, english, chinese) in [("CN-32", "Jiangsu", "江苏"), ("DE", "Germany", "德国"), ("XX", "XX", "XX")]
        {
            assert_eq!((region(Lang::En, code), region(Lang::Zh, code)), (english.to_owned(), chinese.to_owned()));
        }
    }
}
