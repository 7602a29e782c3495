//! `any` and `all` (OData 4.01 URL Conventions, section 5.1.1.13).

use odata::Error;
use odata::expr::{Expr, Path, Quantifier};

use super::super::fragment::Fragment;
use super::super::scope::Env;
use super::Compiler;
use super::collection::Source;
use super::path::End;

impl<'m> Compiler<'m> {
    pub(super) fn lambda(
        &self,
        env: &Env<'m>,
        quantifier: Quantifier,
        collection: &'m Path,
        predicate: Option<&'m Expr>,
    ) -> Result<Fragment, Error> {
        let finish = |mut source: Source<'m>| {
            let inner = env.with_variable(source.item.clone());
            if let Some(predicate) = predicate {
                let loose = quantifier == Quantifier::Any;
                let holds = self.condition(&inner, predicate, loose)?;
                source.conditions.push(match quantifier {
                    Quantifier::Any => holds,
                    Quantifier::All => self.boolean("({0} IS NOT TRUE)", &[&holds]),
                });
            }
            let text = match quantifier {
                Quantifier::Any => "EXISTS (SELECT 1{0})",
                Quantifier::All => "(NOT EXISTS (SELECT 1{0}))",
            };
            Ok(self.boolean(text, &[&source.clause()]).required())
        };
        let found = self.within(|| self.path_to(env, collection, End::Items(&finish)))?;
        if !found.nullable {
            return Ok(found);
        }
        // Nothing on the way to the collection: it has no items.
        let text = match quantifier {
            Quantifier::Any => "({0} IS TRUE)",
            Quantifier::All => "({0} IS NOT FALSE)",
        };
        Ok(self.boolean(text, &[&found]).required())
    }
}
