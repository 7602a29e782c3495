//! `$search`, bound (OData 4.01 URL Conventions, section 5.1.8).

use super::binder::Binder;
use super::syntax;
use crate::Error;
use crate::query::Search;

impl<'a> Binder<'_, 'a> {
    /// A search expression. What a user has typed, in single quotes, is the words of it.
    ///
    /// # Errors
    /// 400 for one without any word.
    pub(super) fn search(&self, search: &syntax::Search<'a>) -> Result<Search, Error> {
        self.count_node()?;
        match search {
            syntax::Search::Word(text) | syntax::Search::Phrase(text) => {
                Ok(Search::Term(text.to_string()))
            }
            syntax::Search::Typed(text) => {
                let words: Vec<&str> = text.split_whitespace().collect();
                for _ in &words {
                    self.count_node()?;
                }
                joined(
                    &words,
                    &|word| Ok(Search::Term((*word).to_owned())),
                    Search::And,
                )
            }
            syntax::Search::Not(operand) => {
                self.nested(|| Ok(Search::Not(Box::new(self.search(operand)?))))
            }
            syntax::Search::And(operands) => {
                self.nested(|| joined(operands, &|operand| self.search(operand), Search::And))
            }
            syntax::Search::Or(operands) => {
                self.nested(|| joined(operands, &|operand| self.search(operand), Search::Or))
            }
        }
    }
}

/// Operands as a balanced tree: it stays shallow however many there are.
fn joined<T>(
    operands: &[T],
    bind: &impl Fn(&T) -> Result<Search, Error>,
    join: fn(Box<Search>, Box<Search>) -> Search,
) -> Result<Search, Error> {
    match operands {
        [] => Err(Error::bad_request("$search has no word to search for.").with_target("$search")),
        [only] => bind(only),
        _ => {
            let (left, right) = operands.split_at(operands.len() / 2);
            let left = joined(left, bind, join)?;
            let right = joined(right, bind, join)?;
            Ok(join(Box::new(left), Box::new(right)))
        }
    }
}
