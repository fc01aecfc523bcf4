//! Certificates: a chain that verifies says who it is; what it may is said by a list.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use super::token::is_principal;

/// The list cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", .path.display())]
pub struct IdentityError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

/// Which identity of a certificate is which principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identities(BTreeMap<String, String>);

impl Identities {
    /// Reads a JSON object of identities and principals, such as
    /// `{"URI:spiffe://county/hr": "hr-system", "DNS:credit.example": "credit-system"}`. It cannot
    /// be empty, and no identity is a pattern.
    pub fn open(path: &Path) -> Result<Self, IdentityError> {
        let fault = |why: String| IdentityError { path: path.to_owned(), why };
        let text = std::fs::read_to_string(path).map_err(|why| fault(why.to_string()))?;
        Self::read(&text).map_err(fault)
    }

    fn read(text: &str) -> Result<Self, String> {
        let list: BTreeMap<String, String> =
            serde_json::from_str(text).map_err(|why| format!("no list of identities: {why}"))?;
        if list.is_empty() {
            return Err("nobody is listed: then nobody could call".to_owned());
        }
        for (identity, principal) in &list {
            let named = identity.strip_prefix("URI:").or_else(|| identity.strip_prefix("DNS:"));
            if named.is_none_or(|it| it.is_empty() || it.contains('*')) {
                return Err(format!("`{identity}`: write `URI:…` or `DNS:…`, whole, without `*`"));
            }
            if !is_principal(principal) {
                return Err(format!("`{principal}` is no id: 1 to 64 of A-Z, a-z, 0-9, . _ : -"));
            }
        }
        Ok(Self(list))
    }

    /// The principal of a verified certificate: of its alternative names the first that is listed.
    /// Its common name says nothing.
    pub(super) fn principal(&self, certificate: &[u8]) -> Option<&str> {
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        let names = certificate.subject_alternative_name().ok()??;
        let mut names = names.value.general_names.iter().filter_map(|it| match it {
            GeneralName::DNSName(name) => Some(format!("DNS:{name}")),
            GeneralName::URI(name) => Some(format!("URI:{name}")),
            GeneralName::OtherName(..)
            | GeneralName::RFC822Name(_)
            | GeneralName::X400Address(_)
            | GeneralName::DirectoryName(_)
            | GeneralName::EDIPartyName(_)
            | GeneralName::IPAddress(_)
            | GeneralName::RegisteredID(_)
            | GeneralName::Invalid(..) => None,
        });
        names.find_map(|it| self.0.get(&it)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SanType};

    use super::*;

    fn certificate(names: Vec<SanType>) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.subject_alt_names = names;
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn only_what_is_listed_whole_and_of_its_kind_is_somebody() {
        let list = r#"{"URI:spiffe://county/hr": "hr", "DNS:credit.example": "credit"}"#;
        let list = Identities::read(list).unwrap();
        let uri = |it: &str| SanType::URI(it.try_into().unwrap());
        let dns = |it: &str| SanType::DnsName(it.try_into().unwrap());
        let who = |names| list.principal(&certificate(names)).map(str::to_owned);
        assert_eq!(who(vec![uri("spiffe://county/hr")]).as_deref(), Some("hr"));
        assert_eq!(who(vec![dns("x"), dns("credit.example")]).as_deref(), Some("credit"));
        assert_eq!(who(vec![dns("spiffe://county/hr")]), None);
        assert_eq!(who(vec![uri("credit.example")]), None);
        assert_eq!(who(vec![dns("a.credit.example")]), None);
        assert_eq!(who(Vec::new()), None);
        assert_eq!(list.principal(b"no certificate"), None);
    }

    #[test]
    fn a_list_of_nobody_and_of_patterns_is_refused() {
        for text in
            ["{}", "[]", r#"{"DNS:*.example": "a"}"#, r#"{"a.b": "a"}"#, r#"{"DNS:a": "甲"}"#]
        {
            assert!(Identities::read(text).is_err(), "{text}");
        }
    }
}
