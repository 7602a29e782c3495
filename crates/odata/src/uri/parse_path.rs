//! Segments of a resource path (OData ABNF 4.01, section 3: `resourcePath`).

use super::limits::Limits;
use super::parser::Parser;
use super::split::Part;
use super::syntax::{Expr, MemberPath, PathRoot, PathSegment, SegmentForm, SystemSegment, Text};
use super::syntax_error::SyntaxError;

/// `resourcePath`, cut into segments: what each may mean. Whether a segment is a name or a key as
/// segment only the model can tell, so a segment that is no more than text is one too.
#[must_use]
pub(super) fn resource_path<'a>(parts: &'a [Part<'_>], limits: &Limits) -> Vec<PathSegment<'a>> {
    let bound = |part: &'a Part<'_>| {
        let mut segment = path_segment(Parser::of_part(part, limits), &part.text);
        if let SegmentForm::Key(Some(error)) = segment.form {
            segment.form = SegmentForm::Key(Some(error.map_position(|p| part.position(p))));
        }
        segment
    };
    parts.iter().map(bound).collect()
}

/// One decoded segment, which `parser` is at the beginning of.
fn path_segment<'a>(mut parser: Parser<'a, '_>, text: &'a str) -> PathSegment<'a> {
    let form = parser.segment_form(text);
    PathSegment { text, form }
}

fn system(text: &str) -> Option<SystemSegment> {
    let name = text.strip_prefix('$')?;
    if name.starts_with("filter(") || name.starts_with("crossjoin(") {
        return None;
    }
    Some(match name {
        "metadata" => SystemSegment::Metadata,
        "batch" => SystemSegment::Batch,
        "count" => SystemSegment::Count,
        "ref" => SystemSegment::Ref,
        "value" => SystemSegment::Value,
        "all" => SystemSegment::All,
        "each" => SystemSegment::Each,
        "entity" => SystemSegment::Entity,
        "query" => SystemSegment::Query,
        _ => SystemSegment::Other,
    })
}

impl<'a> Parser<'a, '_> {
    /// What the segment `text`, at whose beginning the parser is, may be.
    pub(super) fn segment_form(&mut self, text: &'a str) -> SegmentForm<'a> {
        if let Some(system) = system(text) {
            return SegmentForm::System(system);
        }
        match self.at.qualified_name() {
            Some(_) if self.at.is_at_end() => SegmentForm::Name,
            Some(name) if self.at.eat("(") => self.call(name),
            Some(name) if self.at.eat("=") && !name.contains('.') => {
                self.at.reset(0);
                self.keys()
            }
            None if self.at.eat("$filter(") => self.filter_segment(),
            None if self.at.eat("$crossjoin(") => self.cross_join(),
            _ => SegmentForm::Key(None),
        }
    }

    /// Key properties and their values without parentheses, as Graph writes compound keys. Its
    /// Python SDK loses the commas between them: behind a closing quote none is needed.
    fn keys(&mut self) -> SegmentForm<'a> {
        let mut keys = Vec::new();
        let parsed = loop {
            match self.named_argument(&mut Self::path_value) {
                Ok(key) => keys.push(key),
                Err(error) => break Err(error),
            }
            let is_quoted = self.at.read().ends_with('\'');
            self.at.whitespace();
            if !self.at.eat(",") && (self.at.is_at_end() || !is_quoted) {
                break self.at.expect_end();
            }
            self.at.whitespace();
        };
        match parsed {
            Ok(()) => SegmentForm::Keys(keys),
            Err(error) => SegmentForm::Key(Some(error)),
        }
    }

    /// `name(…)`, behind the opening parenthesis, to the end of the segment.
    fn call(&mut self, name: &'a str) -> SegmentForm<'a> {
        let parsed = self.arguments(Self::path_value).and_then(|arguments| {
            if !self.at.eat("(") {
                self.at.expect_end()?;
                return Ok(SegmentForm::Call(name, arguments));
            }
            let key = self.arguments(Self::path_value)?;
            self.at.expect_end()?;
            Ok(SegmentForm::CallWithKey(name, arguments, key))
        });
        parsed.unwrap_or_else(|error| SegmentForm::Key(Some(error)))
    }

    /// `filterInPath`, behind the opening parenthesis.
    fn filter_segment(&mut self) -> SegmentForm<'a> {
        let parsed = self.expression().and_then(|predicate| {
            self.at.whitespace();
            self.at.expect(")")?;
            let key = match self.at.eat("(") {
                true => Some(self.arguments(Self::path_value)?),
                false => None,
            };
            self.at.expect_end()?;
            Ok((predicate, key))
        });
        match parsed {
            Ok((predicate, key)) => SegmentForm::Filter(Box::new(predicate), key),
            Err(error) => SegmentForm::Key(Some(error)),
        }
    }

    /// `crossjoin`, behind the opening parenthesis.
    fn cross_join(&mut self) -> SegmentForm<'a> {
        let name = |p: &mut Self| {
            p.count_node()?;
            let name =
                p.at.identifier()
                    .filter(|name| p.names.is_none_or(|names| names.has("entitySetName", name)));
            name.map(Text::Borrowed)
                .ok_or_else(|| p.at.expected("the name of an entity set"))
        };
        let parsed = self.separated(name).and_then(|names| {
            self.at.expect(")")?;
            self.at.expect_end()?;
            Ok(names)
        });
        match parsed {
            Ok(names) => SegmentForm::CrossJoin(names),
            Err(error) => SegmentForm::Key(Some(error)),
        }
    }

    /// `keyPropertyValue`, or the value of a parameter: a literal or an alias.
    pub(super) fn path_value(&mut self) -> Result<Expr<'a>, SyntaxError> {
        self.count_node()?;
        if self.at.eat("@") {
            let name = self
                .at
                .identifier()
                .ok_or_else(|| self.at.expected("the name of an alias"))?;
            return Ok(Expr::Path(MemberPath {
                root: PathRoot::Alias(name.into()),
                members: Vec::new(),
            }));
        }
        if let Some(literal) = self.literal()? {
            return Ok(Expr::Literal(literal));
        }
        // A name would be the type of an enumeration literal: what is missing is its quote.
        self.at.qualified_name();
        Err(self
            .at
            .expected("a literal (a string in single quotes) or an alias"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::split::split_path;
    use super::*;

    fn describe(segment: &PathSegment<'_>) -> String {
        let list = |keys: &[(super::super::syntax::Text<'_>, Expr<'_>)]| {
            keys.iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join(",")
        };
        match &segment.form {
            SegmentForm::Name => format!("name {}", segment.text),
            SegmentForm::Call(name, arguments) => format!("call {name}{arguments}"),
            SegmentForm::Keys(keys) => format!("keys {}", list(keys)),
            SegmentForm::System(system) => format!("{system:?}"),
            SegmentForm::CallWithKey(name, arguments, key) => {
                format!("call {name}{arguments}{key}")
            }
            SegmentForm::Filter(predicate, None) => format!("filter {predicate}"),
            SegmentForm::Filter(predicate, Some(key)) => format!("filter {predicate} key {key}"),
            SegmentForm::CrossJoin(names) => format!("join {}", names.join(" ")),
            SegmentForm::Key(None) => format!("text {}", segment.text),
            SegmentForm::Key(Some(error)) => {
                format!("broken at {}", error.position().expect("not a limit"))
            }
        }
    }

    fn check(path: &str, expected: &[&str]) {
        let parts = split_path(path).expect("the path splits");
        let described: Vec<_> = resource_path(&parts, &Limits::default())
            .iter()
            .map(describe)
            .collect();
        assert_eq!(described, expected, "{path}");
    }

    #[test]
    fn segments_have_forms() {
        check(
            "Categories('7''''%20Tablet')",
            &["call Categories('7'''' Tablet')"],
        );
        check(
            "Categories%28%27Tablet%27%29",
            &["call Categories('Tablet')"],
        );
        check(
            "Categories('Tablet%2FSlate')",
            &["call Categories('Tablet/Slate')"],
        );
        check(
            "Categories('Tablet/Slate')",
            &["broken at 18", "text Slate')"],
        );
        check(
            "Categories('Tablet%20)small(')",
            &["call Categories('Tablet )small(')"],
        );
        check(
            "Categories(2018-02-13T23:59:59Z)",
            &["call Categories(2018-02-13T23:59:59Z)"],
        );
        check("Categories(ID=wrong)", &["broken at 19"]);
        check("OrderItems(OrderID=1;ItemID='a')", &["broken at 20"]);
        check(
            "OrderItems(OrderID=1,ItemID=@p)",
            &["call OrderItems(OrderID=1,ItemID=@p)"],
        );
        check("a/$count", &["name a", "Count"]);
        check("$metadata", &["Metadata"]);
        check("x/$all", &["name x", "All"]);
        check("x/$each/$query", &["name x", "Each", "Query"]);
        check("$entity/n.T", &["Entity", "name n.T"]);
        check("x/$foo", &["name x", "Other"]);
        check(
            "x/$filter(Age%20gt%203)/$filter(@foo)",
            &["name x", "filter Age gt 3", "filter @foo"],
        );
        check(
            "x/$filter(Age%20gt%203)(id='a/b')",
            &["name x", "filter Age gt 3 key (id='a/b')"],
        );
        check(
            "x/$filter(Age%20gt%203)(7)/y",
            &["name x", "filter Age gt 3 key (7)", "name y"],
        );
        check("x/$filter(Age)x", &["name x", "broken at 14"]);
        check("$crossjoin(A,%20B)", &["join A B"]);
        check("$crossjoin()", &["broken at 11"]);
        check("People/O%27Neil", &["name People", "text O'Neil"]);
        check(
            "s/id='a',policyId='b'",
            &["name s", "keys id='a',policyId='b'"],
        );
        check(
            "s/id='a'policyId='b''c'deviceId='d'",
            &["name s", "keys id='a',policyId='b''c',deviceId='d'"],
        );
        check("s/id='a',policyId=", &["name s", "broken at 18"]);
        check("s/id='a'policyId=", &["name s", "broken at 17"]);
        check("s/id='a''", &["name s", "broken at 9"]);
        check("s/id=1policyId='b'", &["name s", "broken at 6"]);
        check("f/n.getX()", &["name f", "call n.getX()"]);
        check("f/a-b:c-d", &["name f", "text a-b:c-d"]);
        check("f/x(a=1)(2)", &["name f", "call x(a=1)(2)"]);
        check("f/x(1)(2)(3)", &["name f", "broken at 9"]);
    }

    #[test]
    fn ordinals() {
        for (text, expected) in [
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("007", Some(7)),
            ("-", None),
            ("+1", None),
            ("1a", None),
            ("9223372036854775808", None),
        ] {
            let limits = Limits::default();
            let segment = path_segment(Parser::new(text, &limits), text).ordinal();
            assert_eq!(segment, expected, "{text}");
        }
    }
}
