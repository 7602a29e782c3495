//! `$search` (OData ABNF 4.01, section 2: `searchExpr`).

use super::parser::Parser;
use super::syntax::Search;
use super::syntax_error::SyntaxError;

/// Whether a character may stand in a word. The semicolon may only where it was encoded.
fn is_word_character(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '"' | '(' | ')' | ';')
}

impl<'a> Parser<'a, '_> {
    /// The value of `search`: an expression, or in single quotes whatever a user has typed.
    pub(super) fn search(&mut self) -> Result<Search<'a>, SyntaxError> {
        self.at.whitespace();
        if self.at.looking_at("'") {
            return self.at.quoted().map(Search::Typed);
        }
        self.search_expr()
    }

    /// `searchExpr`: operands joined by `OR`, which binds least.
    pub(super) fn search_expr(&mut self) -> Result<Search<'a>, SyntaxError> {
        let first = self.search_and()?;
        let mut operands = vec![first];
        while self.search_operator("OR") {
            self.at.whitespace();
            operands.push(self.search_and()?);
        }
        Ok(joined(operands, Search::Or))
    }

    /// Operands joined by `AND`, or by nothing but whitespace.
    fn search_and(&mut self) -> Result<Search<'a>, SyntaxError> {
        let mut operands = vec![self.search_operand()?];
        loop {
            let start = self.at.position();
            if !self.search_operator("AND") {
                let spaced = self.at.whitespace();
                if !spaced || !self.begins_search_operand() || self.is_search_operator("OR") {
                    self.at.reset(start);
                    return Ok(joined(operands, Search::And));
                }
            }
            self.at.whitespace();
            operands.push(self.search_operand()?);
        }
    }

    /// `searchParenExpr`, `searchNegateExpr`, `searchPhrase`, `searchWord`.
    pub(super) fn search_operand(&mut self) -> Result<Search<'a>, SyntaxError> {
        self.count_node()?;
        if self.at.eat("(") {
            self.at.whitespace();
            let inner = self.nested(Self::search_expr)?;
            self.at.whitespace();
            self.at.expect(")")?;
            return Ok(inner);
        }
        if self.is_search_operator("NOT") {
            self.at.take("NOT".len());
            self.at.whitespace();
            let operand = self.nested(Self::search_operand)?;
            return Ok(Search::Not(Box::new(operand)));
        }
        if self.at.eat("\"") {
            let phrase = self.at.take_while(|c| c != '"');
            if phrase.is_empty() {
                return Err(self.at.expected("a phrase"));
            }
            if !self.at.eat("\"") {
                return Err(self.at.expected("a closing double quote"));
            }
            return Ok(Search::Phrase(phrase.into()));
        }
        self.search_word()
    }

    /// `searchWord`.
    fn search_word(&mut self) -> Result<Search<'a>, SyntaxError> {
        if !self.begins_search_operand() {
            return Err(self.at.expected("a word or a phrase to search for"));
        }
        let (start, rest) = (self.at.position(), self.at.rest());
        loop {
            self.at.take_while(is_word_character);
            if !(self.at.looking_at(";") && self.at.is_encoded()) {
                let length = self.at.position() - start;
                return Ok(Search::Word(rest.get(..length).unwrap_or("").into()));
            }
            self.at.take(1);
        }
    }

    /// An operator alone with the whitespace around it and its right operand (`searchOrExpr`,
    /// `searchAndExpr`).
    pub(super) fn search_behind(
        &mut self,
        word: &'static str,
        needed: bool,
    ) -> Result<(), SyntaxError> {
        if !self.at.whitespace() {
            return Err(self.at.expected("a space"));
        }
        if self.is_search_operator(word) {
            self.at.take(word.len());
            self.at.whitespace();
        } else if needed {
            return Err(self.at.expected(word));
        }
        self.search_expr().map(|_| ())
    }

    /// Reads an operator between two operands with the whitespace before it, if it stands here.
    fn search_operator(&mut self, word: &str) -> bool {
        let start = self.at.position();
        if self.at.whitespace() && self.is_search_operator(word) {
            self.at.take(word.len());
            return true;
        }
        self.at.reset(start);
        false
    }

    /// Whether `word` is an operator here: an operand follows behind whitespace. Else it is a word
    /// to search for.
    fn is_search_operator(&self, word: &str) -> bool {
        let mut ahead = self.clone();
        ahead.at.eat(word) && ahead.at.whitespace() && ahead.begins_search_operand()
    }

    fn begins_search_operand(&self) -> bool {
        match self.at.peek() {
            Some('(' | '"') => true,
            Some(';') => self.at.is_encoded(),
            Some(c) => c != '\'' && is_word_character(c),
            None => false,
        }
    }
}

fn joined<'a>(
    mut operands: Vec<Search<'a>>,
    join: impl FnOnce(Vec<Search<'a>>) -> Search<'a>,
) -> Search<'a> {
    match operands.pop() {
        Some(only) if operands.is_empty() => only,
        last => {
            operands.extend(last);
            join(operands)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::Limits;
    use super::*;

    fn check(text: &str, expected: Result<&str, usize>) {
        let limits = Limits::default();
        let parsed = Parser::new(text, &limits)
            .all(Parser::search)
            .map(|s| s.to_string());
        let parsed = parsed
            .as_deref()
            .map_err(|e| e.position().expect("not a limit"));
        assert_eq!(parsed, expected, "{text}");
    }

    #[test]
    fn words_phrases_and_operators() {
        let same = |text: &str| check(text, Ok(text));
        same("blue");
        same("9,81");
        same("brand-new");
        same("O'Neil");
        same("OR");
        same("NOT");
        same("NOT blue");
        same("AND AND AND");
        check("OR AND", Ok("OR AND AND"));
        check("blue green", Ok("blue AND green"));
        same("\"blue green\" OR red AND NOT (a OR b)");
        check(
            "(foo OR that) AND (bar OR baz) NOT quux",
            Ok("(foo OR that) AND (bar OR baz) AND NOT quux"),
        );
        same("'\"blue p'");
        check("a OR b OR c d", Ok("a OR b OR c AND d"));
    }

    #[test]
    fn what_is_no_expression_names_its_place() {
        check("", Err(0));
        check("\"blue", Err(5));
        check("\"\"", Err(1));
        check("\"blue\"green", Err(6));
        check("(a", Err(2));
        check("a)", Err(1));
        check("a;b", Err(1));
        check("'typed", Err(6));
    }

    #[test]
    fn nesting_is_bounded() {
        let limits = Limits::default();
        for text in ["(".repeat(101), "NOT ".repeat(101) + "a"] {
            let error = Parser::new(&text, &limits).all(Parser::search);
            assert!(matches!(error, Err(SyntaxError::Limit { .. })), "{error:?}");
        }
    }
}
