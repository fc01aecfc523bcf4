//! How many parts a message has, counted on the wire, before anything is made of it.
//!
//! A part is a message within the message, a text of a list, or an entry of a map: what costs far
//! more in memory than on the wire. A megabyte of empty records is half a million of them.

use std::collections::BTreeMap;

use prost_types::{
    DescriptorProto, FileDescriptorProto,
    field_descriptor_proto::{Label, Type},
};

/// How deep messages may lie within each other; the decoder's own limit.
const DEPTH_MAX: usize = 100;

/// A message with more parts than a message may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

/// What a field that counts holds.
#[derive(Debug)]
enum Part {
    Message(String),
    Text,
}

/// The fields that count, by message and number.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    messages: BTreeMap<String, BTreeMap<u64, Part>>,
    most: usize,
}

impl Shapes {
    pub(super) fn new(most: usize) -> Self {
        Self { messages: BTreeMap::new(), most }
    }

    pub(super) fn add(&mut self, file: &FileDescriptorProto) {
        for message in &file.message_type {
            self.message(file.package(), message);
        }
    }

    fn message(&mut self, within: &str, message: &DescriptorProto) {
        let name = format!("{within}.{}", message.name());
        let mut fields = BTreeMap::new();
        for field in &message.field {
            let repeated = field.label() == Label::Repeated;
            let text = matches!(field.r#type(), Type::String | Type::Bytes);
            let part = if field.r#type() == Type::Message {
                Part::Message(field.type_name().trim_start_matches('.').to_owned())
            } else if repeated && text {
                Part::Text
            } else {
                continue;
            };
            fields.insert(u64::from(field.number().unsigned_abs()), part);
        }
        for nested in &message.nested_type {
            self.message(&name, nested);
        }
        self.messages.insert(name, fields);
    }

    /// Counts the parts of a message. What is no message at all has as many as there are up to the
    /// fault: that is for the decoder to find.
    pub(super) fn count(&self, message: &str, bytes: &[u8]) -> Result<(), TooMany> {
        let mut left = self.most;
        self.within(message, bytes, 0, &mut left)
    }

    fn within(
        &self,
        message: &str,
        mut bytes: &[u8],
        depth: usize,
        left: &mut usize,
    ) -> Result<(), TooMany> {
        let Some(fields) = self.messages.get(message) else { return Ok(()) };
        // Groups are unknown fields here; what lies in them is dropped by the decoder.
        let mut groups = 0_usize;
        while let Some((field, kind)) = tag(&mut bytes) {
            let value = match kind {
                2 => taken(&mut bytes),
                3 => {
                    groups = groups.saturating_add(1);
                    continue;
                }
                4 => {
                    groups = groups.saturating_sub(1);
                    continue;
                }
                kind => {
                    if skip(&mut bytes, kind).is_none() {
                        return Ok(());
                    }
                    continue;
                }
            };
            let Some(value) = value else { return Ok(()) };
            let part = if groups == 0 { fields.get(&field) } else { None };
            let Some(part) = part else { continue };
            *left = left.checked_sub(1).ok_or(TooMany)?;
            match part {
                Part::Message(inner) if depth < DEPTH_MAX => {
                    self.within(inner, value, depth.saturating_add(1), left)?;
                }
                Part::Message(_) | Part::Text => {}
            }
        }
        Ok(())
    }
}

/// The number and the kind of the next field.
fn tag(bytes: &mut &[u8]) -> Option<(u64, u64)> {
    let tag = varint(bytes)?;
    Some((tag >> 3, tag & 7))
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// What a length says follows.
fn taken<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(varint(bytes)?).ok()?;
    let (value, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(value)
}

fn skip(bytes: &mut &[u8], kind: u64) -> Option<()> {
    let length = match kind {
        0 => return varint(bytes).map(drop),
        1 => 8,
        5 => 4,
        _ => return None,
    };
    *bytes = bytes.get(length..)?;
    Some(())
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::FileDescriptorSet;

    use super::*;

    /// Shapes of the descriptors' own descriptors: messages in messages, texts in lists.
    fn shapes(most: usize) -> Shapes {
        let text =
            |name: &str, number, label: Label, kind: Type| prost_types::FieldDescriptorProto {
                name: Some(name.to_owned()),
                number: Some(number),
                label: Some(label.into()),
                r#type: Some(kind.into()),
                type_name: (kind == Type::Message).then(|| ".p.M".to_owned()),
                ..Default::default()
            };
        let message = DescriptorProto {
            name: Some("M".to_owned()),
            field: vec![
                text("one", 1, Label::Optional, Type::String),
                text("many", 2, Label::Repeated, Type::String),
                text("inner", 3, Label::Repeated, Type::Message),
                text("number", 4, Label::Repeated, Type::Int64),
            ],
            ..Default::default()
        };
        let file = FileDescriptorProto {
            package: Some("p".to_owned()),
            message_type: vec![message],
            ..Default::default()
        };
        let mut shapes = Shapes::new(most);
        shapes.add(&file);
        shapes
    }

    #[test]
    fn messages_and_texts_of_lists_count_and_nothing_else_does() {
        // one "a"; many "b"; inner { inner {} many "" }; number 5
        let bytes = b"\x0a\x01a\x12\x01b\x1a\x04\x1a\x00\x12\x00\x20\x05";
        assert_eq!(shapes(4).count("p.M", bytes), Ok(()));
        assert_eq!(shapes(3).count("p.M", bytes), Err(TooMany));
        assert_eq!(shapes(0).count("p.Unknown", bytes), Ok(()));
    }

    #[test]
    fn half_a_million_empty_ones_are_too_many() {
        let bytes = [0x1a, 0x00].repeat(512 * 1024);
        assert_eq!(shapes(50_000).count("p.M", &bytes), Err(TooMany));
        assert_eq!(shapes(50_000).count("p.M", &bytes[..100_000]), Ok(()));
    }

    #[test]
    fn what_lies_in_a_group_does_not_count_and_what_follows_does() {
        // group 9 { inner {} inner {} } inner {}
        let bytes = b"\x4b\x1a\x00\x1a\x00\x4c\x1a\x00";
        assert_eq!(shapes(1).count("p.M", bytes), Ok(()));
        assert_eq!(shapes(0).count("p.M", bytes), Err(TooMany));
    }

    #[test]
    fn every_beginning_of_a_message_is_taken() {
        let set = FileDescriptorSet { file: vec![FileDescriptorProto::default(); 3] };
        let mut bytes = set.encode_to_vec();
        bytes.extend(b"\x1a\xff\xff\xff\xff\x0f\x80");
        for end in 0..bytes.len() {
            shapes(9).count("p.M", &bytes[..end]).unwrap();
        }
    }
}
