//! What is refused, and how: the status, the code, and a message that names the fault.

mod bodies;
mod floods;
mod hostile;
mod identity;
mod limits;
mod media;
mod methods;
mod targets;
