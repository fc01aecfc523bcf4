//! Amounts of money in requests: CNY in whole fen.

use super::decode::Faults;
use crate::{domain::exact::Money, proto::google::r#type as google};

/// Nanos of a yuan in one fen.
const FEN: i32 = 10_000_000;

impl Faults {
    /// An amount that must be there, of either sign.
    pub(crate) fn money(&mut self, path: &str, raw: Option<&google::Money>) -> Option<Money> {
        let Some(raw) = raw else {
            self.missing(path);
            return None;
        };
        self.below(path, |faults| faults.fen(raw)).map(Money::from_fen)
    }

    /// An amount that must be there and is not below zero.
    pub(crate) fn some_money(&mut self, path: &str, raw: Option<&google::Money>) -> Option<Money> {
        let money = self.money(path, raw);
        // Told also where the currency is wrong, too; two signs are a fault of their own.
        let of_one_sign = |it: &&google::Money| it.units <= 0 && it.nanos <= 0;
        if raw.filter(of_one_sign).is_some_and(|it| (it.units, it.nanos) != (0, 0)) {
            self.add(path, "MONEY_INVALID", "this amount is not below 0", "金额不得为负");
            return None;
        }
        money
    }

    fn fen(&mut self, raw: &google::Money) -> Option<i64> {
        let yuan = raw.currency_code == "CNY";
        if !yuan {
            let en = "the currency is CNY, and is said";
            self.add("currency_code", "MONEY_INVALID", en, "币种须写明为 CNY");
        }
        let one_sign = raw.units.signum().saturating_mul(raw.nanos.signum().into()) >= 0;
        if !one_sign || !(-999_999_999..=999_999_999).contains(&raw.nanos) {
            let en = "nanos are within ±999999999 and have the sign of the units";
            self.add("nanos", "MONEY_INVALID", en, "nanos 须在 ±999999999 之内且与 units 同号");
            return None;
        }
        let (Some(0), Some(part)) = (raw.nanos.checked_rem(FEN), raw.nanos.checked_div(FEN)) else {
            let en = "there is nothing below a fen: nanos are a multiple of 10000000";
            self.add("nanos", "MONEY_INVALID", en, "金额精确到分，nanos 须为 10000000 的倍数");
            return None;
        };
        let fen = raw.units.checked_mul(100).and_then(|it| it.checked_add(part.into()));
        if fen.is_none() {
            let en = "the amount is more than 92233720368547758.07 yuan";
            self.add("units", "MONEY_INVALID", en, "金额过大");
        }
        fen.filter(|_| yuan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grpc::result_encode::money as encode;

    fn money(units: i64, nanos: i32) -> google::Money {
        google::Money { currency_code: "CNY".to_owned(), units, nanos }
    }

    #[test]
    fn what_is_sent_is_what_is_read() {
        for fen in [0, 1, -1, 5, 100, 500_000, -100_503, i64::MAX, i64::MIN] {
            let mut faults = Faults::default();
            let read = faults.money("amount", Some(&encode(Money::from_fen(fen))));
            assert_eq!((read, faults.any()), (Some(Money::from_fen(fen)), false));
        }
    }

    #[test]
    fn what_is_no_amount_says_why_and_where() {
        let told = |raw: Option<google::Money>| {
            let mut faults = Faults::default();
            assert_eq!(faults.some_money("amount", raw.as_ref()), None);
            let told =
                faults.into_inner().into_iter().map(|it| format!("{} {}", it.path, it.reason));
            told.collect::<Vec<_>>()
        };
        assert_eq!(told(None), ["amount FIELD_MISSING"]);
        assert_eq!(told(Some(money(-1, 0))), ["amount MONEY_INVALID"]);
        assert_eq!(told(Some(money(0, -10_000_000))), ["amount MONEY_INVALID"]);
        for (units, nanos) in [(1, -10_000_000), (-1, 10_000_000), (0, 1_000_000_000)] {
            assert_eq!(told(Some(money(units, nanos))), ["amount.nanos MONEY_INVALID"]);
        }
        let both = ["amount.nanos MONEY_INVALID", "amount MONEY_INVALID"];
        assert_eq!(told(Some(money(0, i32::MIN))), both);
        assert_eq!(told(Some(money(1, 1))), ["amount.nanos MONEY_INVALID"]);
        let largest = 92_233_720_368_547_758;
        assert_eq!(told(Some(money(largest, 80_000_000))), ["amount.units MONEY_INVALID"]);
        assert_eq!(told(Some(money(i64::MAX, 0))), ["amount.units MONEY_INVALID"]);
        let dollars = google::Money { currency_code: "USD".to_owned(), units: 1, nanos: 1 };
        let both = ["amount.currency_code MONEY_INVALID", "amount.nanos MONEY_INVALID"];
        assert_eq!(told(Some(dollars)), both);
        let nothing = google::Money { currency_code: String::new(), units: 1, nanos: 0 };
        assert_eq!(told(Some(nothing)), ["amount.currency_code MONEY_INVALID"]);
        let debt = google::Money { currency_code: "USD".to_owned(), units: -1, nanos: 0 };
        let both = ["amount.currency_code MONEY_INVALID", "amount MONEY_INVALID"];
        assert_eq!(told(Some(debt)), both);
    }
}
