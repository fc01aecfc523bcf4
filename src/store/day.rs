//! A civil day in a column: `DATE` in PostgreSQL, `TEXT` in SQLite, and a day in between.

use sqlx::{
    Decode, Encode, Postgres, Sqlite, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{
        PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef, types::Oid,
    },
    sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef},
};

use crate::domain::time::Day;

/// The bound form of a [`Day`].
#[derive(Debug, Clone, Copy)]
pub(super) struct SqlDay(pub(super) Day);

/// `date` and `date[]` in PostgreSQL's catalogue.
const DATE: Oid = Oid(1082);
const DATE_ARRAY: Oid = Oid(1182);

/// PostgreSQL counts days from 2000-01-01.
fn epoch() -> Result<Day, BoxDynError> {
    Day::new(2000, 1, 1).ok_or_else(|| "no such day".into())
}

impl Type<Postgres> for SqlDay {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(DATE)
    }
}

impl PgHasArrayType for SqlDay {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(DATE_ARRAY)
    }
}

impl Encode<'_, Postgres> for SqlDay {
    fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let days = i32::try_from(self.0.days_since(epoch()?))?;
        Encode::<Postgres>::encode(days, buf)
    }
}

impl<'r> Decode<'r, Postgres> for SqlDay {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        match value.format() {
            PgValueFormat::Binary => {
                let days = <i32 as Decode<Postgres>>::decode(value)?;
                let span = jiff::Span::new().try_days(days)?;
                let date = epoch()?.date().checked_add(span)?;
                Day::from_date(date).map(Self).ok_or_else(|| "a day before year 1".into())
            }
            PgValueFormat::Text => Ok(Self(Day::parse(value.as_str()?)?)),
        }
    }
}

impl Type<Sqlite> for SqlDay {
    fn type_info() -> SqliteTypeInfo {
        <String as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for SqlDay {
    fn encode_by_ref(&self, buf: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Sqlite>::encode(self.0.to_string(), buf)
    }
}

impl<'r> Decode<'r, Sqlite> for SqlDay {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        let text = <&str as Decode<'r, Sqlite>>::decode(value)?;
        Ok(Self(Day::parse(text)?))
    }
}
