//! What only schemes about compounds say: which figures the registry gives (I1 to I3, I9).

use super::{
    super::{Indicator, SubjectKind},
    reader::{Fields, Reader},
    words,
};

impl Reader {
    /// `indicators`: each once, at least one.
    pub(super) fn indicators(
        &mut self,
        fields: &Fields<'_>,
        subject: Option<SubjectKind>,
    ) -> Vec<Indicator> {
        let Some(at) = fields.at("indicators") else { return Vec::new() };
        if subject.is_some_and(|it| it != SubjectKind::Compound) {
            let wrong = "`indicators` are figures of compounds, and this scheme is not about them";
            let zh = "`indicators` 只用于以小区为对象的办法";
            let right = "`subject: compound`, or leave it out";
            self.fault("ONLY_OF_COMPOUNDS", &fields.key("indicators"), wrong, zh, right);
        }
        let mut indicators: Vec<Indicator> = Vec::new();
        for item in self.list(&at) {
            let Some(named) = self.word(&item, words::indicators()) else { continue };
            if indicators.contains(&named) {
                let name = named.name();
                let (wrong, zh) = (format!("`{name}` is named twice"), format!("`{name}` 重复"));
                self.fault("DUPLICATE_NAME", &item.spot(), wrong, zh, "each name once");
            } else {
                indicators.push(named);
            }
        }
        indicators
    }
}
