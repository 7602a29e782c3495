//! Items of `$select` and `$expand`, and the options nested in them (OData ABNF 4.01, section 2:
//! `selectItem`, `expandItem`).

use super::names::misplaced;
use super::names_item::{self, ItemReached};
use super::parser::Parser;
use super::syntax::{Options, PathItem, SystemOption, Text};
use super::syntax_error::SyntaxError;

/// Behind what nested options stand, which says what they may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// An item of `$select` (`selectOption`).
    Select,
    /// An item of `$expand` (`expandOption`).
    Expand,
    /// `/$ref` of an item of `$expand` (`expandRefOption`).
    ExpandReference,
    /// `/$count` of an item of `$expand` (`expandCountOption`).
    ExpandCount,
    /// `*` in `$expand`.
    ExpandAll,
    /// `/$count` in a path of an expression (`expandCountOption`).
    PathCount,
}

impl Place {
    /// The place of a rule such as `expandOption`, whose name is in lower case.
    pub(super) fn of_rule(rule: &str) -> Self {
        match rule {
            "expandrefoption" => Self::ExpandReference,
            "expandcountoption" => Self::ExpandCount,
            "selectoption" | "selectoptionpc" => Self::Select,
            _ => Self::Expand,
        }
    }

    fn allows(self, option: SystemOption) -> bool {
        use SystemOption::{
            Apply, Compute, Count, Expand, Filter, Levels, OrderBy, Search, Select, Skip, Top,
        };
        match self {
            Self::ExpandCount | Self::PathCount => matches!(option, Filter | Search),
            Self::ExpandReference => {
                matches!(option, Filter | Search | OrderBy | Skip | Top | Count)
            }
            Self::ExpandAll => option == Levels,
            Self::Select => matches!(
                option,
                Filter | Search | OrderBy | Skip | Top | Count | Compute | Select
            ),
            Self::Expand => matches!(
                option,
                Filter
                    | Search
                    | OrderBy
                    | Skip
                    | Top
                    | Count
                    | Compute
                    | Select
                    | Expand
                    | Levels
                    | Apply
            ),
        }
    }

    /// Whether a parameter alias may be given its value here.
    fn allows_aliases(self) -> bool {
        matches!(self, Self::Select | Self::Expand)
    }
}

impl<'a> Parser<'a, '_> {
    /// `selectItem`.
    pub(super) fn select_item(&mut self) -> Result<PathItem<'a>, SyntaxError> {
        let path = self.item_path(Place::Select)?;
        let parameters = self.parameter_names()?;
        let options = if parameters.is_some() {
            None
        } else {
            self.options_in_parentheses(Place::Select)?
        };
        Ok(PathItem {
            path,
            parameters,
            options,
        })
    }

    /// `expandItem`.
    pub(super) fn expand_item(&mut self) -> Result<PathItem<'a>, SyntaxError> {
        let path = self.item_path(Place::Expand)?;
        let place = match path.last().map(|last| &**last) {
            Some("*") => Place::ExpandAll,
            Some("$ref") => Place::ExpandReference,
            Some("$count") => Place::ExpandCount,
            _ => Place::Expand,
        };
        let options = self.options_in_parentheses(place)?;
        Ok(PathItem {
            path,
            parameters: None,
            options,
        })
    }

    /// The parts of an item, held against the names that are known.
    fn item_path(&mut self, place: Place) -> Result<Vec<Text<'a>>, SyntaxError> {
        let follow = if place == Place::Select {
            names_item::select
        } else {
            names_item::expand
        };
        let mut path = Vec::with_capacity(1);
        let mut reached = ItemReached::Start;
        loop {
            self.count_node()?;
            let part = self.path_part()?;
            let slash = self.at.looking_at("/");
            if let Some(names) = self.names {
                reached =
                    follow(names, reached, &part, slash).ok_or_else(|| misplaced(&self.at))?;
            }
            path.push(part);
            if !self.at.eat("/") {
                return Ok(path);
            }
        }
    }

    fn path_part(&mut self) -> Result<Text<'a>, SyntaxError> {
        if self.at.eat("*") {
            return Ok("*".into());
        }
        for word in ["$ref", "$count", "$value"] {
            if self.at.keyword(word) {
                return Ok(word.into());
            }
        }
        let (start, rest) = (self.at.position(), self.at.rest());
        self.path_name()?;
        self.at.eat(".*");
        Ok(rest.get(..self.at.position() - start).unwrap_or("").into())
    }

    /// A name, qualified or not, or the name of an annotation with `@`.
    pub(super) fn path_name(&mut self) -> Result<Text<'a>, SyntaxError> {
        let (start, rest) = (self.at.position(), self.at.rest());
        let annotation = self.at.eat("@");
        self.at
            .qualified_name()
            .ok_or_else(|| self.at.expected("a name"))?;
        if annotation && self.at.eat("#") {
            self.at
                .identifier()
                .ok_or_else(|| self.at.expected("a qualifier"))?;
        }
        Ok(rest.get(..self.at.position() - start).unwrap_or("").into())
    }

    /// `(a,b)`: names alone, which nested options never are.
    fn parameter_names(&mut self) -> Result<Option<Vec<Text<'a>>>, SyntaxError> {
        let mut ahead = self.at.clone();
        let names = ahead.eat("(") && {
            ahead.whitespace();
            ahead.identifier().is_some() && {
                ahead.whitespace();
                ahead.looking_at(",") || ahead.looking_at(")")
            }
        };
        if !names {
            return Ok(None);
        }
        let names = self.in_parentheses(|p| {
            p.separated(|p| {
                p.count_node()?;
                let name = p.at.identifier();
                name.map(Text::Borrowed)
                    .ok_or_else(|| p.at.expected("the name of a parameter"))
            })
        })?;
        Ok(Some(names))
    }

    /// Nested options, if an opening parenthesis stands here.
    pub(super) fn options_in_parentheses(
        &mut self,
        place: Place,
    ) -> Result<Option<Box<Options<'a>>>, SyntaxError> {
        if !self.at.eat("(") {
            return Ok(None);
        }
        let options = self.expanded(|p| p.nested_options(place))?;
        Ok(Some(Box::new(options)))
    }

    /// Options up to the closing parenthesis; at least one.
    fn nested_options(&mut self, place: Place) -> Result<Options<'a>, SyntaxError> {
        let mut options = Options::default();
        let mut seen = Vec::new();
        loop {
            self.at.whitespace();
            self.one_nested_option(place, &mut options, &mut seen)?;
            self.at.whitespace();
            if !self.at.eat(";") {
                self.at.expect(")")?;
                return Ok(options);
            }
        }
    }

    /// One nested option alone (`expandOption` and its like).
    pub(super) fn nested_option(&mut self, place: Place) -> Result<(), SyntaxError> {
        self.one_nested_option(place, &mut Options::default(), &mut Vec::new())
    }

    fn one_nested_option(
        &mut self,
        place: Place,
        options: &mut Options<'a>,
        seen: &mut Vec<SystemOption>,
    ) -> Result<(), SyntaxError> {
        let start = self.at.position();
        if place.allows_aliases() && self.at.eat("@") {
            let name = self
                .at
                .identifier()
                .ok_or_else(|| self.at.expected("a name"))?;
            self.at.expect("=")?;
            if options.aliases.iter().any(|(other, _)| other == name) {
                self.at.reset(start);
                return Err(self.at.expected(format!("no second @{name}")));
            }
            options.aliases.push((name.into(), self.expression()?));
            return Ok(());
        }
        let option = self.nested_name(place)?;
        if seen.contains(&option) {
            self.at.reset(start);
            return Err(self.at.expected(format!("no second {}", option.name())));
        }
        seen.push(option);
        self.option_value(option, options)
    }

    /// The name of a nested option and the `=` behind it.
    fn nested_name(&mut self, place: Place) -> Result<SystemOption, SyntaxError> {
        let mut ahead = self.at.clone();
        let (start, rest) = (ahead.position(), ahead.rest());
        ahead.eat("$");
        ahead.identifier();
        let name = rest.get(..ahead.position() - start).unwrap_or("");
        let option = SystemOption::from_name(name).filter(|option| place.allows(*option));
        let Some(option) = option else {
            return Err(self.at.expected(match place {
                Place::ExpandCount | Place::PathCount => "$filter or $search",
                Place::ExpandReference => "$filter, $search, $orderby, $skip, $top or $count",
                Place::ExpandAll => "$levels",
                Place::Select | Place::Expand => "a nested query option such as $select",
            }));
        };
        self.at.take(name.len());
        self.at.whitespace();
        self.at.expect("=")?;
        Ok(option)
    }
}
