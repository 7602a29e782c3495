//! A zip archive of one file, made piece by piece: nothing of it stays in memory but what was not
//! taken yet.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use odata::Error;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

/// Where the archive's bytes wait to be taken.
#[derive(Clone, Default)]
struct Spool(Arc<Mutex<Vec<u8>>>);

impl Spool {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut spool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spool.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An archive that is being made.
pub(super) struct Archive {
    zip: ZipWriter<StreamWriter<Spool>>,
    spool: Spool,
}

impl Archive {
    /// An archive of a file of this name, which may pass 4 GiB.
    pub(super) fn new(name: &str) -> Result<Self, Error> {
        let spool = Spool::default();
        let mut zip = ZipWriter::new_stream(spool.clone());
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .large_file(true);
        zip.start_file(name, options).map_err(Error::internal)?;
        Ok(Self { zip, spool })
    }

    /// Adds to the file; answers what is ready of the archive.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        self.zip.write_all(bytes).map_err(Error::internal)?;
        Ok(self.spool.take())
    }

    /// Ends the archive; answers the rest of it.
    pub(super) fn finish(self) -> Result<Vec<u8>, Error> {
        self.zip.finish().map_err(Error::internal)?;
        Ok(self.spool.take())
    }
}
