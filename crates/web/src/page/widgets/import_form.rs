//! The controls by which a person imports a source.

use flowsketch_core::measure::Levels;
use flowsketch_web::dom::element;
use web_sys::{Document, File, HtmlElement, HtmlInputElement};

/// The controls, and how many imports were begun: only the newest counts.
pub struct ImportForm {
    pub file: HtmlInputElement,
    pub fit: HtmlInputElement,
    pub word: HtmlInputElement,
    pub subtract: HtmlInputElement,
    pub invert: HtmlInputElement,
    pub level: HtmlInputElement,
    levels: HtmlElement,
    pub count: u32,
    /// The image on the pad: other levels read it again, one reading at a time.
    pub image: Option<File>,
    pub is_reading: bool,
    /// Whether the levels have changed since that reading began.
    pub is_behind: bool,
}

impl ImportForm {
    pub fn new(document: &Document) -> Self {
        let input = |id| element(document, id);
        Self {
            file: input("import-file"),
            fit: input("import-fit"),
            word: input("import-word"),
            subtract: input("import-subtract"),
            invert: input("import-invert"),
            level: input("import-level"),
            levels: element(document, "import-levels"),
            count: 0,
            image: None,
            is_reading: false,
            is_behind: false,
        }
    }

    /// How the image on the pad is to be read.
    pub fn levels(&self) -> Levels {
        Levels {
            subtract: self.subtract.checked(),
            invert: Some(self.invert.checked()),
            level: Some(self.level.value_as_number()),
        }
    }

    /// Shows how an image was read; without one there is nothing to choose.
    pub fn show(&self, levels: Option<Levels>) {
        self.levels.set_hidden(levels.is_none());
        if let Some(Levels { subtract, invert, level }) = levels {
            self.subtract.set_checked(subtract);
            self.invert.set_checked(invert.unwrap_or_default());
            self.level.set_value_as_number(level.unwrap_or_default());
        }
    }
}
