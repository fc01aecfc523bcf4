//! Names of places, units, companies and people, put together from short lists.

use super::rng::Rng;

/// Streets and towns: id and name.
pub(super) const STREETS: [(&str, &str); 4] =
    [("guishan", "桂山街道"), ("gucheng", "古城街道"), ("jiasa", "戛洒镇"), ("yangwu", "扬武镇")];

/// Communities, in the order of their streets.
pub(super) const COMMUNITIES: [&str; 12] = [
    "五桂社区",
    "富春社区",
    "太平社区",
    "锦秀社区",
    "凤凰社区",
    "平山社区",
    "纳溪社区",
    "青龙社区",
    "清水河社区",
    "曼勒社区",
    "花街社区",
    "丁苴社区",
];

const COMPOUND_FIRST: [&str; 24] = [
    "桂香", "锦绣", "翠湖", "康乐", "福临", "龙泉", "兰亭", "梅园", "荷塘", "文昌", "平安", "和顺",
    "金色", "春晓", "云岭", "哀牢", "民族", "团结", "新平", "滨河", "凤山", "东升", "南苑", "西城",
];
const COMPOUND_LAST: [&str; 8] = ["家园", "花园", "小区", "苑", "雅居", "新村", "华庭", "公寓"];

const UNITS: [&str; 30] = [
    "教育局",
    "人民医院",
    "税务局",
    "公安局",
    "财政局",
    "水利局",
    "农业农村局",
    "民政局",
    "司法局",
    "审计局",
    "统计局",
    "档案馆",
    "融媒体中心",
    "第一中学",
    "第二中学",
    "职业中学",
    "妇幼保健院",
    "中医医院",
    "供电局",
    "烟草公司",
    "邮政分公司",
    "市场监管局",
    "自然资源局",
    "住建局",
    "交通运输局",
    "文化和旅游局",
    "林业和草原局",
    "气象局",
    "应急管理局",
    "总工会",
];

const COMPANIES: [&str; 30] = [
    "安居", "恒信", "瑞和", "锦程", "百姓", "绿城", "金桥", "同心", "鑫源", "宏达", "佳园", "诚泰",
    "永兴", "惠民", "美嘉", "万家", "滇和", "云安", "康泰", "华厦", "聚福", "新宇", "明珠", "方圆",
    "鸿运", "润景", "盛世", "家和", "民乐", "玉和",
];

const SURNAMES: [&str; 32] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "马", "朱", "胡", "郭",
    "何", "罗", "高", "林", "普", "白", "方", "刀", "鲁", "矣", "施", "段", "沐", "柏", "封", "龙",
];
const GIVEN: [&str; 48] = [
    "伟", "芳", "秀", "英", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛",
    "明", "超", "兰", "霞", "平", "刚", "桂", "文", "华", "建", "国", "志", "春", "梅", "云", "龙",
    "凤", "永", "正", "福", "林", "海", "红", "学", "家", "玉", "光", "成", "忠", "美", "琼", "仙",
];

/// A person's name: a surname and one or two characters.
pub(super) fn person(rng: &mut Rng) -> String {
    let mut name = rng.pick(&SURNAMES).to_owned();
    name.push_str(rng.pick(&GIVEN));
    if rng.chance(70) {
        name.push_str(rng.pick(&GIVEN));
    }
    name
}

/// All names of compounds, 192, each once, in an order of the seed's.
pub(super) fn compounds(rng: &mut Rng) -> Vec<String> {
    let firsts = COMPOUND_FIRST.iter();
    let mut names: Vec<String> = firsts
        .flat_map(|first| COMPOUND_LAST.iter().map(move |last| format!("{first}{last}")))
        .collect();
    rng.shuffle(&mut names);
    names
}

/// The branch of the unit of that number.
pub(super) fn unit_branch(number: usize) -> String {
    let unit = UNITS.get(number.checked_rem(UNITS.len()).unwrap_or(0)).copied().unwrap_or_default();
    let rest = match number.checked_div(UNITS.len()) {
        Some(0) => "党支部",
        Some(1) => "第二党支部",
        Some(_) | None => "离退休党支部",
    };
    format!("新平县{unit}{rest}")
}

/// The company of that number.
pub(super) fn company(number: usize) -> String {
    let name = COMPANIES.get(number.checked_rem(COMPANIES.len()).unwrap_or(0)).copied();
    format!("新平{}物业服务有限公司", name.unwrap_or_default())
}
