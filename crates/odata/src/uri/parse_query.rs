//! The query part (OData ABNF 4.01, section 3: `queryOptions`).

use super::limits::Limits;
use super::parse_literal::literal;
use super::parser::Parser;
use super::split::{Part, RawOption};
use super::syntax::{Expr, Options, OrderItem, PathItem, SystemOption, Text};
use super::syntax_error::SyntaxError;
use crate::Error;

/// A query option whose value is to be parsed.
#[derive(Debug, PartialEq)]
pub(super) struct NamedValue<'a> {
    name: OptionName<'a>,
    /// The name as sent, for messages.
    sent: &'a str,
    value: Part<'a>,
}

/// What a query option is.
#[derive(Debug, PartialEq)]
enum OptionName<'a> {
    System(SystemOption),
    Alias(&'a str),
}

/// Picks what the service reads out of a query, decoded: system query options and parameter
/// aliases. Custom options are left out (URL Conventions 4.01, section 5.2).
///
/// # Errors
/// 400 for an unknown name with `$`, a malformed alias name, and bad percent-encoding.
pub(super) fn known_options<'a>(
    options: &'a [RawOption<'a>],
) -> Result<Vec<NamedValue<'a>>, Error> {
    let mut known = Vec::with_capacity(options.len());
    for option in options {
        let sent: &str = &option.name.text;
        let name = if let Some(alias) = sent.strip_prefix('@') {
            if Parser::new(alias, &Limits::default())
                .all(alias_name)
                .is_err()
            {
                return Err(Error::bad_request(format!(
                    "'{sent}' is no name of a parameter alias."
                )));
            }
            OptionName::Alias(alias)
        } else if let Some(system) = SystemOption::from_name(sent) {
            OptionName::System(system)
        } else if sent.starts_with('$') {
            return Err(
                Error::bad_request(format!("The query option '{sent}' is unknown."))
                    .with_target(sent),
            );
        } else {
            continue;
        };
        known.push(NamedValue {
            name,
            sent,
            value: option.value()?,
        });
    }
    Ok(known)
}

/// `queryOptions`, of the options that [`known_options`] has picked.
///
/// # Errors
/// 400 for a value that its option does not take, and for an option that is given twice.
pub(super) fn query_options<'a>(
    values: &'a [NamedValue<'a>],
    limits: &Limits,
) -> Result<Options<'a>, Error> {
    let mut options = Options::default();
    let mut seen = Vec::with_capacity(values.len());
    for NamedValue { name, sent, value } in values {
        if seen.contains(&name) {
            return Err(
                Error::bad_request(format!("The query option '{sent}' is given twice."))
                    .with_target(*sent),
            );
        }
        seen.push(name);
        let parser = Parser::new(&value.text, limits);
        let parsed = match name {
            OptionName::System(system) => {
                parser.all(|p| p.option_value(*system, &mut options, false))
            }
            OptionName::Alias(alias) => parser.all(Parser::expression).map(|expr| {
                options.aliases.push(((*alias).into(), expr));
            }),
        };
        parsed.map_err(|e| e.map_position(|p| value.position(p)).into_error(sent))?;
    }
    Ok(options)
}

fn alias_name(parser: &mut Parser<'_, '_>) -> Result<(), SyntaxError> {
    parser
        .at
        .identifier()
        .map(|_| ())
        .ok_or_else(|| parser.at.expected("a name"))
}

impl<'a> Parser<'a, '_> {
    /// The value of a system query option; a nested one ends at `;` or `)`.
    fn option_value(
        &mut self,
        option: SystemOption,
        into: &mut Options<'a>,
        nested: bool,
    ) -> Result<(), SyntaxError> {
        self.at.whitespace();
        match option {
            SystemOption::Filter => into.filter = Some(self.expression()?),
            SystemOption::OrderBy => into.orderby = self.separated(Self::order_item)?,
            SystemOption::Select => into.select = Some(self.separated(Self::path_item)?),
            SystemOption::Expand => into.expand = self.separated(Self::path_item)?,
            SystemOption::Top => into.top = Some(self.unsigned()?),
            SystemOption::Skip => into.skip = Some(self.unsigned()?),
            SystemOption::Count => into.count = Some(self.boolean()?),
            _ => {
                let text = if nested {
                    self.nested_text()?
                } else {
                    self.at.take_while(|_| true)
                };
                into.text.push((option, text.into()));
            }
        }
        Ok(())
    }

    /// `orderbyItem`.
    pub(super) fn order_item(&mut self) -> Result<OrderItem<'a>, SyntaxError> {
        let expr = self.expression()?;
        let end = self.at.position();
        let direction = if !self.at.whitespace() {
            None
        } else if self.at.keyword("desc") {
            Some(true)
        } else {
            self.at.keyword("asc").then_some(false)
        };
        if direction.is_none() {
            self.at.reset(end);
        }
        Ok(OrderItem {
            expr,
            descending: direction.unwrap_or(false),
        })
    }

    /// `selectItem` or `expandItem`.
    pub(super) fn path_item(&mut self) -> Result<PathItem<'a>, SyntaxError> {
        self.count_node()?;
        let mut path = vec![self.path_part()?];
        while self.at.eat("/") {
            self.count_node()?;
            path.push(self.path_part()?);
        }
        let options = if self.at.eat("(") {
            Some(Box::new(self.expanded(Self::nested_options)?))
        } else {
            None
        };
        Ok(PathItem { path, options })
    }

    fn path_part(&mut self) -> Result<Text<'a>, SyntaxError> {
        let (start, rest) = (self.at.position(), self.at.rest());
        if self.at.eat("*") {
            return Ok("*".into());
        }
        for word in ["$ref", "$count", "$value"] {
            if self.at.keyword(word) {
                return Ok(word.into());
            }
        }
        self.at.eat("@");
        self.at
            .qualified_name()
            .ok_or_else(|| self.at.expected("a name"))?;
        self.at.eat(".*");
        Ok(rest.get(..self.at.position() - start).unwrap_or("").into())
    }

    /// `expandOption`s or `selectOption`s up to the closing parenthesis.
    fn nested_options(&mut self) -> Result<Options<'a>, SyntaxError> {
        let mut options = Options::default();
        let mut seen = Vec::new();
        loop {
            self.at.whitespace();
            let start = self.at.position();
            if self.at.eat("@") {
                let name = self
                    .at
                    .identifier()
                    .ok_or_else(|| self.at.expected("a name"))?;
                self.at.expect("=")?;
                options.aliases.push((name.into(), self.expression()?));
            } else {
                let option = self.nested_name()?;
                if seen.contains(&option) {
                    self.at.reset(start);
                    return Err(self.at.expected(format!("no second {}", option.name())));
                }
                seen.push(option);
                self.option_value(option, &mut options, true)?;
            }
            self.at.whitespace();
            if !self.at.eat(";") {
                self.at.expect(")")?;
                return Ok(options);
            }
        }
    }

    /// The name of a nested option and the `=` behind it.
    fn nested_name(&mut self) -> Result<SystemOption, SyntaxError> {
        let (start, rest) = (self.at.position(), self.at.rest());
        self.at.eat("$");
        self.at.identifier();
        let name = rest.get(..self.at.position() - start).unwrap_or("");
        let option = SystemOption::from_name(name).filter(|option| {
            use SystemOption::{DeltaToken, Format, Id, Index, SchemaVersion, SkipToken};
            !matches!(
                option,
                DeltaToken | Format | Id | Index | SchemaVersion | SkipToken
            )
        });
        let Some(option) = option else {
            self.at.reset(start);
            return Err(self.at.expected("a nested query option such as $select"));
        };
        self.at.whitespace();
        self.at.expect("=")?;
        Ok(option)
    }

    /// Text up to the `;` or `)` that ends a nested option, quotes and parentheses skipped.
    fn nested_text(&mut self) -> Result<&'a str, SyntaxError> {
        let (start, rest) = (self.at.position(), self.at.rest());
        let mut open = 0_usize;
        while let Some(c) = self.at.peek() {
            match c {
                ';' | ')' if open == 0 => break,
                '\'' => {
                    self.at.quoted()?;
                    continue;
                }
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            self.at.take(c.len_utf8());
        }
        Ok(rest.get(..self.at.position() - start).unwrap_or(""))
    }

    fn unsigned(&mut self) -> Result<u64, SyntaxError> {
        let start = self.at.position();
        let digits = self.at.take_while(|c| c.is_ascii_digit());
        digits.parse().map_err(|_| {
            self.at.reset(start);
            self.at.expected("a non-negative integer of 64 bits")
        })
    }

    fn boolean(&mut self) -> Result<bool, SyntaxError> {
        for (word, value) in [("true", true), ("false", false)] {
            if self.at.keyword(word) {
                return Ok(value);
            }
        }
        Err(self.at.expected("true or false"))
    }

    /// `primitiveLiteral`.
    pub(super) fn primitive_literal(&mut self) -> Result<Expr<'a>, SyntaxError> {
        let parsed = literal(&mut self.at)?;
        parsed
            .map(Expr::Literal)
            .ok_or_else(|| self.at.expected("a literal"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::split::split_query;
    use super::*;

    fn check(query: &str, expected: Result<&str, &str>) {
        let raw = split_query(query).expect("the query splits");
        let limits = Limits::default();
        let printed =
            known_options(&raw).and_then(|v| query_options(&v, &limits).map(|o| o.to_string()));
        match (printed, expected) {
            (Ok(printed), Ok(expected)) => assert_eq!(printed, expected, "{query}"),
            (Err(error), Err(part)) => {
                assert_eq!(error.code.status(), 400, "{query}");
                assert!(error.message.contains(part), "{query}: {}", error.message);
            }
            (printed, _) => panic!("{query}: {printed:?}"),
        }
    }

    #[test]
    fn options_in_all_their_spellings() {
        check(
            "$filter=a%20eq+1&$TOP=5&skip=2&x=%zz",
            Ok("$filter=a eq 1;$top=5;$skip=2"),
        );
        check(
            "count=TRUE&$orderby=a desc, b/c asc,d",
            Ok("$orderby=a desc,b/c,d;$count=true"),
        );
        check(
            "$select=a,b/c, *&%24format=json",
            Ok("$select=a,b/c,*;$format=json"),
        );
        check("$filter=n eq @x&@x='a%26b'", Ok("$filter=n eq @x;@x='a&b'"));
        check(
            "$skiptoken=Start@Next_Chunk:From?=Here!",
            Ok("$skiptoken=Start@Next_Chunk:From?=Here!"),
        );
        check("", Ok(""));
    }

    #[test]
    fn nested_options() {
        let same = |query: &str| check(query, Ok(query));
        same("$expand=managedDevice($select=id,deviceName)");
        same("$expand=a($filter=b eq ';)';$orderby=c desc;$expand=d($top=1)),e");
        same("$expand=Products/$ref,Address/Model.X/*,@N.T($top=2)");
        same(
            "$select=Addresses($filter=startswith(City,'H');$top=5;$count=true;$search=blue;@c=15)",
        );
        check(
            "$expand=Customer(levels=4;select=a)",
            Ok("$expand=Customer($select=a;$levels=4)"),
        );
        same("$expand=Manager($search='gr(een')");
    }

    #[test]
    fn what_is_wrong_is_named() {
        check("$filtre=x", Err("'$filtre'"));
        check("$filter=x&FILTER=y", Err("'FILTER' is given twice"));
        check("@a=1&@a=2", Err("'@a' is given twice"));
        check("@1=1", Err("'@1'"));
        check(
            "$top=-1",
            Err("Invalid $top: at position 5, expected a non-negative integer"),
        );
        check("$top=99999999999999999999", Err("$top"));
        check("$count=maybe", Err("expected true or false"));
        check("$filter=", Err("the text ends"));
        check("$filter", Err("Invalid $filter"));
        check(
            "x=1&$filter=a%20eq",
            Err("at position 18, expected an expression but the text ends"),
        );
        check("$expand=a($foo=1)", Err("a nested query option"));
        check("$expand=a($top=1;$top=2)", Err("no second $top"));
        check("$expand=a()", Err("position 10"));
        check("$expand=a($skiptoken=1)", Err("position 10"));
        check("$select=a,,b", Err("position 10"));
        check(
            &format!("$expand={}", "a($expand=".repeat(10)),
            Err("expand_depth of 10"),
        );
    }
}
