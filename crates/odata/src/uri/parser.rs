//! What the productions of the grammar share: the text, the counters, and the repeated shapes.

use super::lexer::Cursor;
use super::limits::Limits;
use super::names::{Names, Within};
use super::parse_literal::literal;
use super::split::Part;
use super::syntax::Literal;
use super::syntax_error::SyntaxError;

/// A recursive-descent parser of one text. Its productions are in the files `parse_….rs`, each
/// named as in the OData ABNF.
#[derive(Clone)]
pub(super) struct Parser<'a, 'l> {
    pub(super) at: Cursor<'a>,
    pub(super) limits: &'l Limits,
    /// The names to hold the text against; `None` takes every name.
    pub(super) names: Option<&'l dyn Names>,
    /// Where the path at hand stands.
    pub(super) within: Within,
    depth: usize,
    nodes: usize,
    expand_depth: usize,
}

impl<'a, 'l> Parser<'a, 'l> {
    pub(super) fn new(text: &'a str, limits: &'l Limits) -> Self {
        Self {
            at: Cursor::new(text),
            limits,
            names: None,
            within: Within::Expression,
            depth: 0,
            nodes: 0,
            expand_depth: 0,
        }
    }

    /// A parser of a part of a URL, which knows what was percent-encoded in it.
    pub(super) fn of_part(part: &'a Part<'_>, limits: &'l Limits) -> Self {
        Self {
            at: Cursor::with_encoded(&part.text, &part.encoded),
            ..Self::new("", limits)
        }
    }

    /// Runs a production over the whole text.
    pub(super) fn all<T>(
        mut self,
        production: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        self.at.whitespace();
        let parsed = production(&mut self)?;
        self.at.whitespace();
        self.at.expect_end()?;
        Ok(parsed)
    }

    /// Counts an operator, operand or item.
    pub(super) fn count_node(&mut self) -> Result<(), SyntaxError> {
        self.nodes += 1;
        let max = self.limits.expression_nodes;
        if self.nodes > max {
            return Err(SyntaxError::Limit {
                name: "expression_nodes",
                max,
            });
        }
        Ok(())
    }

    /// Runs a production one level deeper: the stack is bounded by the limit.
    pub(super) fn nested<T>(
        &mut self,
        production: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        let max = self.limits.expression_depth;
        if self.depth >= max {
            return Err(SyntaxError::Limit {
                name: "expression_depth",
                max,
            });
        }
        self.depth += 1;
        let parsed = production(self);
        self.depth -= 1;
        parsed
    }

    /// `primitiveLiteral`, if one stands here.
    pub(super) fn literal(&mut self) -> Result<Option<Literal<'a>>, SyntaxError> {
        let (start, rest) = (self.at.position(), self.at.rest());
        let parsed = literal(&mut self.at)?;
        let text = rest.get(..self.at.position() - start).unwrap_or("");
        let quotes = 2 * usize::from(text.starts_with('\''));
        let max = self.limits.literal_characters;
        if text.len() > max && text.chars().count().saturating_sub(quotes) > max {
            return Err(SyntaxError::Limit {
                name: "literal_characters",
                max,
            });
        }
        Ok(parsed)
    }

    /// Runs a production inside the parentheses of an expanded item.
    pub(super) fn expanded<T>(
        &mut self,
        production: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        let max = self.limits.expand_depth;
        if self.expand_depth + 1 >= max {
            return Err(SyntaxError::Limit {
                name: "expand_depth",
                max,
            });
        }
        self.expand_depth += 1;
        let parsed = production(self);
        self.expand_depth -= 1;
        parsed
    }

    /// One or more of a production, separated by commas.
    pub(super) fn separated<T>(
        &mut self,
        mut production: impl FnMut(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<Vec<T>, SyntaxError> {
        let mut items = Vec::new();
        loop {
            self.at.whitespace();
            items.push(production(self)?);
            let end = self.at.position();
            self.at.whitespace();
            if !self.at.eat(",") {
                self.at.reset(end);
                return Ok(items);
            }
        }
    }

    /// None or more of a production, separated by commas, up to `close`; `open` has been read.
    pub(super) fn enclosed<T>(
        &mut self,
        close: &'static str,
        production: impl FnMut(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<Vec<T>, SyntaxError> {
        self.at.whitespace();
        if self.at.eat(close) {
            return Ok(Vec::new());
        }
        let items = self.separated(production)?;
        self.at.whitespace();
        self.at.expect(close)?;
        Ok(items)
    }
}
