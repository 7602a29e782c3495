//! The query part (OData ABNF 4.01, section 3: `queryOptions`).

use super::limits::Limits;
use super::parser::Parser;
use super::split::{Part, RawOption};
use super::syntax::{Expr, Levels, Options, OrderItem, SystemOption};
use super::syntax_error::SyntaxError;
use crate::Error;

/// A query option, decoded.
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
    Custom,
}

/// The system query option of a name; `$levels` is one of expanded items alone.
fn top_level(name: &str) -> Option<SystemOption> {
    SystemOption::from_name(name).filter(|option| *option != SystemOption::Levels)
}

impl OptionName<'_> {
    /// Whether it may be given once only. `$format` may be repeated, and what a service makes of a
    /// custom option is its own matter.
    fn is_single(&self) -> bool {
        !matches!(self, Self::Custom | Self::System(SystemOption::Format))
    }
}

/// Tells the options of a query apart by their names, and decodes their values: system query
/// options with or without `$` in any case, parameter aliases, and all others. Names without `$`
/// that `is_parameter` knows are parameters of the function that the path ends with, whatever else
/// they might be (URL Conventions 4.01, sections 4.5.3 and 5.2).
///
/// # Errors
/// 400 for an unknown name with `$`, a malformed alias name, and bad percent-encoding.
pub(super) fn known_options<'a>(
    options: &'a [RawOption<'a>],
    is_parameter: impl Fn(&str) -> bool,
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
        } else if is_parameter(sent) {
            OptionName::Custom
        } else if let Some(system) = top_level(sent) {
            OptionName::System(system)
        } else if sent.starts_with('$') {
            return Err(
                Error::bad_request(format!("The query option '{sent}' is unknown."))
                    .with_target(sent),
            );
        } else {
            OptionName::Custom
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
        if name.is_single() && seen.contains(&name) {
            return Err(
                Error::bad_request(format!("The query option '{sent}' is given twice."))
                    .with_target(*sent),
            );
        }
        seen.push(name);
        let parser = Parser::of_part(value, limits);
        let parsed = match name {
            OptionName::System(system) => parser.all(|p| p.option_value(*system, &mut options)),
            OptionName::Alias(alias) => parser.all(Parser::expression).map(|expr| {
                options.aliases.push(((*alias).into(), expr));
            }),
            OptionName::Custom => {
                options.custom.push(((*sent).into(), (&*value.text).into()));
                Ok(())
            }
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
    /// The value of a system query option.
    pub(super) fn option_value(
        &mut self,
        option: SystemOption,
        into: &mut Options<'a>,
    ) -> Result<(), SyntaxError> {
        self.at.whitespace();
        match option {
            SystemOption::Apply => into.apply = self.apply_expr()?,
            SystemOption::Compute => into.compute = self.separated(Self::compute_item)?,
            SystemOption::Count => into.count = Some(self.boolean()?),
            SystemOption::Expand => into.expand = self.separated(Self::expand_item)?,
            SystemOption::Filter => into.filter = Some(self.expression()?),
            SystemOption::Index => into.index = Some(self.signed()?),
            SystemOption::Levels => into.levels = Some(self.levels()?),
            SystemOption::OrderBy => into.orderby = self.separated(Self::order_item)?,
            SystemOption::Search => into.search = Some(self.search()?),
            SystemOption::Select => into.select = Some(self.separated(Self::select_item)?),
            SystemOption::Skip => into.skip = Some(self.unsigned()?),
            SystemOption::Top => into.top = Some(self.unsigned()?),
            SystemOption::DeltaToken
            | SystemOption::Format
            | SystemOption::Id
            | SystemOption::SchemaVersion
            | SystemOption::SkipToken => {
                let text = self.at.take_while(|_| true);
                if text.is_empty() {
                    return Err(self.at.expected("a value"));
                }
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

    pub(super) fn unsigned(&mut self) -> Result<u64, SyntaxError> {
        let start = self.at.position();
        let digits = self.at.take_while(|c| c.is_ascii_digit());
        digits.parse().map_err(|_| {
            self.at.reset(start);
            self.at.expected("a non-negative integer of 64 bits")
        })
    }

    fn signed(&mut self) -> Result<i64, SyntaxError> {
        let (start, rest) = (self.at.position(), self.at.rest());
        self.at.eat("-");
        self.at.take_while(|c| c.is_ascii_digit());
        let text = rest.get(..self.at.position() - start).unwrap_or("");
        text.parse().map_err(|_| {
            self.at.reset(start);
            self.at.expected("an integer of 64 bits")
        })
    }

    /// `levels`: no leading zero.
    fn levels(&mut self) -> Result<Levels, SyntaxError> {
        if self.at.keyword("max") {
            return Ok(Levels::Max);
        }
        if !self.at.rest().starts_with(|c| matches!(c, '1'..='9')) {
            return Err(self.at.expected("a positive integer or max"));
        }
        self.unsigned().map(Levels::Number)
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
        let parsed = self.literal()?;
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
        let printed = known_options(&raw, |name| name == "top")
            .and_then(|v| query_options(&v, &limits).map(|o| o.to_string()));
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
            "$filter=a%20eq+1&$TOP=5&skip=2&x=1&!y&top=z",
            Ok("$filter=a eq 1;$top=5;$skip=2;x=1;!y=;top=z"),
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
        check(
            "$expand=Manager($search=a%3Bb;levels=max)",
            Ok("$expand=Manager($levels=max;$search=a;b)"),
        );
        same("$expand=Items/$ref($filter=a;$top=1),Items/n.T/$count($search=b),*/$ref");
        same("$expand=*($levels=2)");
        same("$expand=a($apply=aggregate($count as n);$compute=b add 1 as c)");
        same("$select=n.F(a,b),n.*,n.A,a/n.T/b,@n.t,@n.t#q");
        same("$filter=Items/$count($filter=a;$search=b) gt 1 and Items/1/b and Items/a-b/c");
    }

    #[test]
    fn options_of_the_rest_of_the_standard() {
        let same = |query: &str| check(query, Ok(query));
        same("$search=a AND \"b c\"");
        same("$compute=Amount mul Product/TaxRate as Tax,day(Time/Date) as WeekDay");
        same("$index=-42");
        check("$format=json&$Format=xml", Ok("$format=json;$format=xml"));
        same("$schemaversion=*");
        same("$id=http://host/path");
        same("$deltatoken=a");
        same(
            "$apply=filter(a eq 1)/search(b)/compute(a as b)/orderby(a desc)/top(1)/skip(2)/identity",
        );
        same("$apply=topcount(2,a)/bottompercent(50,b)/topsum(1,c)");
        same("$apply=aggregate(Amount with sum as Total,$count as n,Sales/$count as m,Forecast)");
        same("$apply=aggregate(a with max from b,c with average as d,Forecast from a as e)");
        same("$apply=groupby((a,b/c),aggregate($count as n)/filter(n gt 1))");
        same("$apply=groupby((rollup(a,b),rollup(H),rolluprecursive($root/A,Q,ID)))");
        same("$apply=concat(identity,groupby((a)),aggregate(a with n.custom as b))");
        same("$apply=nest(identity as a,filter(b) as c)/addnested(Sales,top(1) as d)");
        same("$apply=join(Sales as s,filter(a))/outerjoin(Sales/n.T as s)");
        same("$apply=ancestors($root/A,Q,ID,filter(a),2,keep start)");
        same("$apply=descendants($root/A,Q,ID,filter(a),filter(b))/n.f(a=1)");
        same("$apply=traverse($root/A,Q,ID,preorder,filter(a),b desc)");
        same("$filter=$these/aggregate(a with sum) gt 1");
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
        check("$expand=a/$ref($expand=b)", Err("position 15"));
        check("$expand=a/$count($top=1)", Err("position 17"));
        check("$select=a($expand=b)", Err("position 10"));
        check("$expand=*($top=1)", Err("position 10"));
        check("$expand=a($levels=04)", Err("position 18"));
        check("$levels=1", Err("'$levels'"));
        check("$search=\"a", Err("a closing double quote"));
        check("$format=", Err("$format"));
        check("$x=%zz", Err("'$x' is unknown"));
        check("x=%zz", Err("%zz"));
        check("$apply=frobnicate(1)", Err("a transformation"));
        check("$apply=concat(identity)", Err("expected \",\""));
        check(
            "$apply=aggregate(a as b)/aggregate(a add 1 as b)",
            Err("\"with\""),
        );
        check("$select=a,,b", Err("position 10"));
        check(
            &format!("$expand={}", "a($expand=".repeat(10)),
            Err("expand_depth of 10"),
        );
    }
}
