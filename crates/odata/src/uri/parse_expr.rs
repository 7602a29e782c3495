//! Common expressions: operators by rank, operands (OData ABNF 4.01, section 4).

use super::parser::Parser;
use super::syntax::{Expr, Literal, Operator, Text};
use super::syntax_error::SyntaxError;

const OR: u8 = 1;
const AND: u8 = 2;
/// Between the additive operators and `has`: the rank of `not` and `-`.
const UNARY: u8 = 7;

/// What stands between two operands.
#[derive(Clone, Copy, PartialEq)]
enum Infix {
    Or,
    And,
    Operator(Operator),
}

impl<'a> Parser<'a, '_> {
    /// `commonExpr`.
    pub(super) fn common_expr(&mut self) -> Result<Expr<'a>, SyntaxError> {
        self.nested(|p| p.ranked(OR))
    }

    /// An expression whose operators all rank at least `least`. What recurses is in functions of
    /// its own: the frame of one is needed at every level of nesting.
    fn ranked(&mut self, least: u8) -> Result<Expr<'a>, SyntaxError> {
        let left = if least <= UNARY {
            self.unary()
        } else {
            self.operand()
        };
        self.continued(left?, least)
    }

    /// The operators behind a first operand, with their right operands.
    fn continued(&mut self, mut left: Expr<'a>, least: u8) -> Result<Expr<'a>, SyntaxError> {
        while let Some(infix) = self.infix(least) {
            self.count_node()?;
            left = self.right(left, infix)?;
        }
        Ok(left)
    }

    fn right(&mut self, left: Expr<'a>, infix: Infix) -> Result<Expr<'a>, SyntaxError> {
        match infix {
            Infix::Or => self.chain(left, infix, OR).map(Expr::Or),
            Infix::And => self.chain(left, infix, AND).map(Expr::And),
            Infix::Operator(op) => {
                let right = if op == Operator::In {
                    self.in_list()
                } else {
                    self.ranked(op.rank() + 1)
                };
                right.map(|right| Expr::Binary(op, Box::new(left), Box::new(right)))
            }
        }
    }

    /// The operands of `and` or `or`, whose first operator has just been read: one flat list,
    /// however many there are.
    fn chain(
        &mut self,
        first: Expr<'a>,
        infix: Infix,
        rank: u8,
    ) -> Result<Vec<Expr<'a>>, SyntaxError> {
        let mut operands = vec![first, self.ranked(rank + 1)?];
        while self.infix(rank) == Some(infix) {
            self.count_node()?;
            operands.push(self.ranked(rank + 1)?);
        }
        Ok(operands)
    }

    /// Reads an operator of at least this rank and the whitespace around it, if one stands here.
    fn infix(&mut self, least: u8) -> Option<Infix> {
        let start = self.at.position();
        let found = self.at.whitespace().then(|| self.operator()).flatten();
        let ranks = match found {
            Some(Infix::Or) => OR >= least,
            Some(Infix::And) => AND >= least,
            Some(Infix::Operator(op)) => op.rank() >= least,
            None => false,
        };
        if ranks && (self.at.whitespace() || self.at.looking_at("(") || self.at.is_at_end()) {
            return found;
        }
        self.at.reset(start);
        None
    }

    fn operator(&mut self) -> Option<Infix> {
        if self.at.keyword("and") {
            return Some(Infix::And);
        }
        if self.at.keyword("or") {
            return Some(Infix::Or);
        }
        let known = Operator::ALL
            .iter()
            .find(|(_, name, _)| self.at.keyword(name));
        known.map(|(op, ..)| Infix::Operator(*op))
    }

    /// An operator alone with the whitespace around it and its right operand (`eqExpr` and its
    /// like).
    pub(super) fn infix_alone(&mut self, operator: &'static str) -> Result<(), SyntaxError> {
        if !self.at.whitespace() || !self.at.keyword(operator) || !self.at.whitespace() {
            return Err(self.at.expected(operator));
        }
        if operator == "in" {
            self.in_list()?;
        } else {
            self.expression()?;
        }
        Ok(())
    }

    fn unary(&mut self) -> Result<Expr<'a>, SyntaxError> {
        if self.eat_not() {
            return self.unary_operand(Expr::Not);
        }
        if self.eat_minus() {
            return self.unary_operand(Expr::Negate);
        }
        self.ranked(UNARY + 1)
    }

    /// `not` as an operator, and the whitespace behind it.
    fn eat_not(&mut self) -> bool {
        let start = self.at.position();
        let found = self.at.keyword("not") && (self.at.whitespace() || self.at.looking_at("("));
        if !found {
            self.at.reset(start);
        }
        found
    }

    /// `-` as an operator, not the sign of a number, and the whitespace behind it.
    fn eat_minus(&mut self) -> bool {
        let start = self.at.position();
        if !self.at.eat("-") {
            return false;
        }
        let infinite = self.at.looking_at("INF") && self.at.clone().keyword("INF");
        if infinite || self.at.rest().starts_with(|c: char| c.is_ascii_digit()) {
            self.at.reset(start);
            return false;
        }
        self.at.whitespace();
        true
    }

    fn unary_operand(
        &mut self,
        make: fn(Box<Expr<'a>>) -> Expr<'a>,
    ) -> Result<Expr<'a>, SyntaxError> {
        self.count_node()?;
        let operand = self.nested(Self::unary)?;
        Ok(make(Box::new(operand)))
    }

    /// What operators stand between.
    fn operand(&mut self) -> Result<Expr<'a>, SyntaxError> {
        self.count_node()?;
        match self.at.peek() {
            Some('(') => self.parenthesized(),
            Some('[') => self.nested(Self::array),
            Some('{') => self.nested(Self::object),
            _ if self.at.starts_call("case") => self.nested(Self::case_expr),
            _ => match self.literal_operand() {
                Some(literal) => literal,
                None => self.path_operand(),
            },
        }
    }

    /// A value within JSON: only there has a string double quotes.
    fn json_value(&mut self) -> Result<Expr<'a>, SyntaxError> {
        if self.at.peek() != Some('"') {
            return self.common_expr();
        }
        self.count_node()?;
        let text = self.json_string()?;
        Ok(Expr::Literal(Literal::String(text)))
    }

    fn literal_operand(&mut self) -> Option<Result<Expr<'a>, SyntaxError>> {
        let parsed = self.literal().transpose()?;
        Some(parsed.map(Expr::Literal))
    }

    fn path_operand(&mut self) -> Result<Expr<'a>, SyntaxError> {
        self.member_path().map(Expr::Path)
    }

    fn parenthesized(&mut self) -> Result<Expr<'a>, SyntaxError> {
        self.at.expect("(")?;
        self.at.whitespace();
        let inner = self.common_expr()?;
        self.at.whitespace();
        self.at.expect(")")?;
        Ok(inner)
    }

    fn array(&mut self) -> Result<Expr<'a>, SyntaxError> {
        self.at.expect("[")?;
        self.enclosed("]", Self::json_value).map(Expr::List)
    }

    fn object(&mut self) -> Result<Expr<'a>, SyntaxError> {
        self.at.expect("{")?;
        self.enclosed("}", Self::object_member).map(Expr::Object)
    }

    /// `caseMethodCallExpr`.
    fn case_expr(&mut self) -> Result<Expr<'a>, SyntaxError> {
        self.at.take("case(".len());
        let pairs = self.separated(Self::case_pair)?;
        self.at.whitespace();
        self.at.expect(")")?;
        Ok(Expr::Case(pairs))
    }

    fn case_pair(&mut self) -> Result<(Expr<'a>, Expr<'a>), SyntaxError> {
        let condition = self.common_expr()?;
        self.at.whitespace();
        self.at.expect(":")?;
        self.at.whitespace();
        Ok((condition, self.common_expr()?))
    }

    /// What stands behind `in`: literals in parentheses (`listExpr`), or any operand.
    pub(super) fn in_list(&mut self) -> Result<Expr<'a>, SyntaxError> {
        let list = if self.at.eat("(") {
            self.count_node()?;
            self.at.whitespace();
            let first = self.common_expr()?;
            let is_list = matches!(first, Expr::Literal(_));
            self.at.whitespace();
            let mut items = vec![first];
            while is_list && self.at.eat(",") {
                self.at.whitespace();
                self.count_node()?;
                match self.literal()? {
                    Some(literal) => items.push(Expr::Literal(literal)),
                    None => return Err(self.at.expected("a literal")),
                }
                self.at.whitespace();
            }
            self.at.expect(")")?;
            match items.pop() {
                Some(only) if !is_list => only,
                last => {
                    items.extend(last);
                    Expr::List(items)
                }
            }
        } else {
            self.operand()?
        };
        let max = self.limits.in_list_items;
        match &list {
            Expr::List(items) if items.len() > max => Err(SyntaxError::Limit {
                name: "in_list_items",
                max,
            }),
            _ => Ok(list),
        }
    }

    pub(super) fn object_member(&mut self) -> Result<(Text<'a>, Expr<'a>), SyntaxError> {
        let name = self.json_string()?;
        self.at.whitespace();
        self.at.expect(":")?;
        self.at.whitespace();
        Ok((name, self.json_value()?))
    }

    /// A string as JSON writes it (RFC 8259, section 7).
    fn json_string(&mut self) -> Result<Text<'a>, SyntaxError> {
        let start = self.at.position();
        let rest = self.at.rest();
        self.at.expect("\"")?;
        loop {
            self.at.take_while(|c| c != '"' && c != '\\');
            if self.at.eat("\\") {
                let escaped = self.at.peek().map_or(0, char::len_utf8);
                self.at.take(escaped);
                continue;
            }
            if !self.at.eat("\"") {
                return Err(self.at.expected("a closing double quote"));
            }
            let text = rest.get(..self.at.position() - start).unwrap_or("");
            let inner = text.get(1..text.len() - 1).unwrap_or("");
            if !inner.contains('\\') && !inner.contains(char::is_control) {
                return Ok(inner.into());
            }
            return serde_json::from_str::<String>(text)
                .map(Text::Owned)
                .map_err(|_| {
                    self.at.reset(start);
                    self.at.expected("a JSON string")
                });
        }
    }
}
