//! The document's worked examples: read here, run by whoever checks the scheme.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    super::{
        Example, Expected,
        yaml::{Data, Scalar, Yaml},
    },
    reader::{At, Reader, Spot},
    shapes::{ADVISED, EXAMPLE, GIVES},
    words,
};

impl Reader {
    /// All examples.
    pub(super) fn examples(&mut self, at: &At<'_>) -> Vec<Example> {
        let mut examples = Vec::new();
        for item in self.list_or_none(at) {
            let Some(fields) = self.open(&item, &EXAMPLE) else { continue };
            let title = fields.at("title").and_then(|it| self.title(&it)).unwrap_or_default();
            let seats = fields.at("seats").and_then(|it| self.word(&it, words::example_seats()));
            let schedules = fields.at("schedules").map(|it| self.example_schedules(&it));
            let schedules = schedules.unwrap_or_default().into_iter().map(Arc::new).collect();
            let facts = fields.at("facts").and_then(|it| self.facts(&it));
            let gives = fields.at("gives").and_then(|it| self.gives(&it));
            if let (Some(facts), Some(gives)) = (facts, gives) {
                let seats_open = seats.unwrap_or(false);
                let place = fields.spot.place;
                examples.push(Example { title, place, schedules, facts, seats_open, gives });
            }
        }
        examples
    }

    /// The facts as the JSON text of a line: plain `true`, `false` and `null` as such, every other
    /// scalar as text.
    fn facts(&mut self, at: &At<'_>) -> Option<String> {
        match &at.value.data {
            Data::Map(entries) => {
                if let Some(entry) = entries.iter().find(|it| it.key == "subject") {
                    let spot = Spot { place: entry.place, path: format!("{}.subject", at.path) };
                    let (wrong, zh) = ("an example has no `subject`", "示例不写 subject");
                    self.fault("EXAMPLE_SUBJECT", &spot, wrong, zh, "leave it out");
                }
                Some(json(at.value).to_string())
            }
            Data::Refused => None,
            Data::Scalar(_) | Data::Seq(_) => {
                let (wrong, zh) = ("this is no mapping", "此处应为映射");
                let right = "one line of facts, such as `{metrics: {households: 812}}`";
                self.fault("EXPECTED_MAPPING", &at.spot(), wrong, zh, right);
                None
            }
        }
    }

    fn gives(&mut self, at: &At<'_>) -> Option<Expected> {
        let fields = self.open(at, &GIVES)?;
        let score = fields.at("score").and_then(|it| self.or_null(&it, Self::number));
        let before = fields.at("score_before_vetoes");
        let before = before.and_then(|it| self.or_null(&it, Self::number));
        let grade = fields.at("grade").and_then(|it| {
            self.or_null(&it, |reader, it| {
                reader.grade_ref(it)?;
                it.value.text().map(ToOwned::to_owned)
            })
        });
        let status = fields.at("status").and_then(|it| {
            self.word(&it, words::statuses())?;
            it.value.text().map(ToOwned::to_owned)
        });
        let awards = fields.at("awards").map(|it| {
            let empty = matches!(&it.value.data, Data::Map(entries) if entries.is_empty());
            let named = if empty { Vec::new() } else { self.named(&it) };
            let amount = |(id, at): (String, At<'_>)| self.amount(&at).map(|it| (id, it));
            named.into_iter().filter_map(amount).collect()
        });
        let consequences = fields.at("consequences").map(|it| {
            let items = self.list_or_none(&it);
            items.iter().filter_map(|it| self.id(it)).collect()
        });
        let honours = fields.at("honours").and_then(|it| {
            self.word(&it, words::honours())?;
            it.value.text().map(ToOwned::to_owned)
        });
        let (renewal, price) = match fields.at("advice") {
            Some(at) => self.advised(&at),
            None => (None, None),
        };
        Some(Expected {
            score,
            score_before_vetoes: before,
            grade,
            status,
            awards,
            consequences,
            honours,
            renewal,
            price,
        })
    }

    #[expect(
        clippy::option_option,
        reason = "not said, said to be none, and said are three things"
    )]
    fn advised(&mut self, at: &At<'_>) -> (Option<Option<String>>, Option<Option<String>>) {
        let Some(fields) = self.open(at, &ADVISED) else { return (None, None) };
        let mut one = |key: &str| {
            let at = fields.at(key)?;
            self.or_null(&at, Self::id)
        };
        (one("renewal"), one("price"))
    }

    /// A value, or nothing where `null` is written.
    #[expect(
        clippy::option_option,
        reason = "not said, said to be none, and said are three things"
    )]
    fn or_null<T>(
        &mut self,
        at: &At<'_>,
        read: impl FnOnce(&mut Self, &At<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        match &at.value.data {
            Data::Scalar(scalar) if scalar.is_null() => Some(None),
            Data::Scalar(_) | Data::Seq(_) | Data::Map(_) | Data::Refused => {
                read(self, at).map(Some)
            }
        }
    }
}

/// The value as JSON. Depth is bounded by the document's.
fn json(value: &Yaml) -> Value {
    match &value.data {
        Data::Scalar(scalar) => scalar_json(scalar),
        Data::Seq(items) => Value::Array(items.iter().map(json).collect()),
        Data::Map(entries) => {
            let pairs = entries.iter().map(|it| (it.key.clone(), json(&it.value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Data::Refused => Value::Null,
    }
}

fn scalar_json(scalar: &Scalar) -> Value {
    match scalar.text.as_str() {
        _ if scalar.is_null() => Value::Null,
        "true" if scalar.plain => Value::Bool(true),
        "false" if scalar.plain => Value::Bool(false),
        text => Value::String(text.to_owned()),
    }
}
