//! Text that was entered, put into Markdown and HTML: whatever it looks like, it stays text.

/// Text that Markdown takes for nothing but text: every ASCII mark that could mean something stands
/// behind a backslash, and no line begins within it.
pub(super) fn in_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '\n' | '\r' | '\t' => out.push(' '),
            it if it.is_ascii_punctuation() && !matches!(it, '.' | ',' | '-' | ':' | '/') => {
                out.push('\\');
                out.push(it);
            }
            it => out.push(it),
        }
    }
    out
}

/// Text that HTML takes for nothing but text, in elements and in attributes.
pub(super) fn in_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            it => out.push(it),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let name = "<b>&'\"</b>|[a](b)*_`~#";
        assert_eq!(in_html(name), "&lt;b&gt;&amp;&#39;&quot;&lt;/b&gt;|[a](b)*_`~#");
        let escaped = "\\<b\\>\\&\\'\\\"\\</b\\>\\|\\[a\\]\\(b\\)\\*\\_\\`\\~\\#";
        assert_eq!(in_markdown(name), escaped);
        assert_eq!(in_markdown("a\nb"), "a b");
        assert_eq!(in_markdown("89.50"), "89.50");
    }
}
