//! A JSON Schema of the scheme document, for editors, made from the tables that the reader uses.

use serde_json::{Map, Value, json};

use super::read::{DOCUMENT, Form, Key, Shape, all_shapes};

/// The JSON Schema (2020-12) of the scheme document, as text. It knows every key that
/// [`super::Scheme::read`] knows; what a schema cannot say (sums, orders, references) the reader says.
pub fn json_schema() -> String {
    schema_of(("urn:steelyard:scheme:v1", "Steelyard scheme"), &DOCUMENT, &all_shapes())
}

/// The JSON Schema of a document with that id and title: its own mapping, and all mappings that have a
/// definition of their own, the document's among them.
pub(in crate::domain) fn schema_of(
    (id, title): (&str, &str),
    document: &Shape,
    shapes: &[&'static Shape],
) -> String {
    let definitions: Map<String, Value> =
        shapes.iter().map(|it| (it.name.to_owned(), mapping(it))).collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": id,
        "title": title,
        "$ref": format!("#/$defs/{}", document.name),
        "$defs": definitions,
    });
    format!("{schema:#}\n")
}

fn mapping(shape: &Shape) -> Value {
    let properties: Map<String, Value> =
        shape.keys.iter().map(|it| (it.name.to_owned(), property(it))).collect();
    let needed: Vec<_> = shape.keys.iter().filter(|it| it.needed).map(|it| it.name).collect();
    let requires = |keys: &[&str]| -> Vec<Value> {
        keys.iter().map(|it| json!({ "required": [it] })).collect()
    };
    let mut all: Vec<Value> =
        shape.one_of.iter().map(|it| json!({ "oneOf": requires(it) })).collect();
    if !shape.any_of.is_empty() {
        all.push(json!({ "anyOf": requires(shape.any_of) }));
    }
    let together: Map<String, Value> =
        shape.together.iter().map(|(key, other)| ((*key).to_owned(), json!([other]))).collect();
    let mut value = json!({
        "description": shape.about,
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": false,
    });
    if let Some(object) = value.as_object_mut() {
        if !all.is_empty() {
            object.insert("allOf".to_owned(), Value::Array(all));
        }
        if !together.is_empty() {
            object.insert("dependentRequired".to_owned(), Value::Object(together));
        }
    }
    value
}

fn property(key: &Key) -> Value {
    let mut value = form(&key.form);
    if let Some(object) = value.as_object_mut() {
        object.insert("description".to_owned(), Value::from(key.about));
    }
    value
}

fn reference(shape: &Shape) -> Value {
    json!({ "$ref": format!("#/$defs/{}", shape.name) })
}

fn number() -> Value {
    json!({ "type": ["number", "string"], "pattern": r"^-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?$" })
}

fn share() -> Value {
    let decimal = r"(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?%?";
    let fraction = r"(0|[1-9][0-9]{0,9})/[1-9][0-9]{0,9}";
    json!({ "type": ["number", "string"], "pattern": format!("^({decimal}|{fraction})$") })
}

fn id() -> Value {
    json!({ "type": ["string", "integer"], "pattern": "^[a-z0-9_][a-z0-9_.-]{0,63}$" })
}

/// Plain scalars count as text, so what an editor takes for a number or a truth value may stand too.
fn text(most: u32) -> Value {
    json!({ "type": ["string", "number", "boolean"], "minLength": 1, "maxLength": most })
}

fn list(items: &Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn named(values: &Value) -> Value {
    json!({ "type": "object", "additionalProperties": values })
}

fn pair() -> Value {
    json!({ "type": "array", "items": number(), "minItems": 2, "maxItems": 2 })
}

fn amount() -> Value {
    json!({ "type": ["number", "string"], "pattern": r"^(0|[1-9][0-9]{0,9})(\.[0-9]{1,2}0{0,4})?$" })
}

fn form(form: &Form) -> Value {
    match form {
        Form::Title => text(1000),
        Form::Name => text(128),
        Form::Id => id(),
        Form::Number => number(),
        Form::NumberOrNull => json!({ "anyOf": [number(), { "type": "null" }] }),
        Form::IdOrNull => json!({ "anyOf": [id(), { "type": "null" }] }),
        Form::Share => share(),
        Form::Whole(least, most) => {
            json!({ "type": ["integer", "string"], "minimum": least, "maximum": most, "pattern": "^(0|[1-9][0-9]{0,9})$" })
        }
        Form::Day => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
        Form::MonthDay => {
            json!({ "type": "string", "pattern": "^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$" })
        }
        Form::Amount => amount(),
        Form::Yes => json!({ "const": true }),
        Form::Months => json!({ "type": "string", "pattern": "^[1-9][0-9]{0,3} months?$" }),
        Form::Word(words) => json!({ "enum": words() }),
        Form::Pair => pair(),
        Form::Numbers => list(&number()),
        Form::Pairs => list(&pair()),
        Form::Names => list(&text(128)),
        Form::Shares => named(&share()),
        Form::Points => named(&number()),
        Form::Amounts => named(&amount()),
        Form::Map(shape) => reference(shape),
        Form::Maps(shape) => list(&reference(shape)),
        Form::ListOf(items) => list(&self::form(items)),
        Form::Either(forms) => {
            json!({ "anyOf": forms.iter().map(self::form).collect::<Vec<_>>() })
        }
        Form::Facts => json!({ "type": "object" }),
    }
}
