//! The program of the inspection worker: it inspects flows, reads sources and makes files.

#[cfg(target_arch = "wasm32")]
fn main() {
    program::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This is the program of a worker of the page; it runs in a browser.");
}

#[cfg(target_arch = "wasm32")]
mod canvas;
#[cfg(target_arch = "wasm32")]
mod export;
#[cfg(target_arch = "wasm32")]
mod import;

#[cfg(target_arch = "wasm32")]
mod program {
    use crate::export::file;
    use crate::import::import;
    use flowsketch_protocol::worker::{Answer, Request};
    use flowsketch_protocol::{decode, encode};
    use flowsketch_web::answers::post;
    use flowsketch_worker::inspection::Inspection;
    use js_sys::{Array, Uint8Array};
    use std::cell::RefCell;
    use wasm_bindgen::{JsCast, closure::Closure};
    use wasm_bindgen_futures::spawn_local;
    use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

    /// Listens to the page until the page ends the worker.
    pub fn start() {
        console_error_panic_hook::set_once();
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        let (own, inspection) = (scope.clone(), RefCell::<Inspection>::default());
        let take = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| answer(&own, &inspection, &event));
        scope.set_onmessage(Some(take.as_ref().unchecked_ref()));
        // It lives as long as the worker.
        take.forget();
        post(&scope, &Answer::Ready, None);
    }

    fn answer(scope: &DedicatedWorkerGlobalScope, inspection: &RefCell<Inspection>, event: &MessageEvent) {
        let parts: Array = event.data().unchecked_into();
        let bytes: Uint8Array = parts.get(0).unchecked_into();
        let scope = scope.clone();
        match decode(&bytes.to_vec()).expect("page and worker are of one build") {
            Request::Explore(bytes) => {
                let question = decode(&bytes).expect("page and worker are of one build");
                if let Some(finding) = inspection.borrow_mut().answer(question) {
                    post(&scope, &Answer::Explored(encode(&finding)), None);
                }
            }
            Request::Import { material, fit, levels } => {
                let file = parts.get(1).dyn_into().ok();
                spawn_local(async move {
                    let answer = import(&scope, material, file, fit, &levels).await;
                    post(&scope, &answer.unwrap_or_else(|sentence| Answer::Imported(Err(sentence))), None);
                });
            }
            Request::Export { piece, snapshot } => spawn_local(async move {
                match file(flowsketch_worker::export::export(piece, *snapshot)).await {
                    Ok(file) => post(&scope, &Answer::Exported(None), Some((&file, None))),
                    Err(sentence) => post(&scope, &Answer::Exported(Some(sentence)), None),
                }
            }),
            // Runs are for the training worker.
            _ => {}
        }
    }
}
