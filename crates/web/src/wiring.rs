//! From the start of the program to its listeners: everything that holds the state as a whole.

use crate::app::{Action, App, THUMBNAIL_SIDE};
use crate::backend::Backend;
use crate::bring;
use crate::capability::{self, Why};
use crate::frame::Next;
use crate::keys::{self, Focus};
use crate::link;
use crate::page::{Page, stop};
use crate::speed;
use crate::stage::{Adapter, Stage};
use crate::target;
use flowsketch_core::config::Recipe;
use flowsketch_core::explore::STILLS;
use flowsketch_core::gpu::Gpu;
use flowsketch_core::lattice::{Lattice, VIEW};
use flowsketch_core::measure::{Drawing, Import, Preset, Replay, Sketch, Tool};
use flowsketch_state::{Choice, Source, Target, View};
use flowsketch_web::dom::pause;
use flowsketch_web::listener::Listener;
use flowsketch_web::ticker::Ticker;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Event, EventTarget, HtmlCanvasElement, HtmlElement, KeyboardEvent, MediaQueryList, PointerEvent, Window,
};
use web_sys::{
    ResizeObserver, ResizeObserverBoxOptions, ResizeObserverEntry, ResizeObserverOptions, ResizeObserverSize,
};

/// The state, shared by all listeners. After a fault it stays borrowed, and nothing touches it any more.
pub(crate) type Shared = Rc<RefCell<App>>;

pub fn start() {
    let window = web_sys::window().expect("the program runs in a window");
    let document = window.document().expect("a window has a document");
    std::panic::set_hook(Box::new(move |fault| {
        console_error_panic_hook::hook(fault);
        stop(&document, &capability::fault());
    }));
    let page = Page::new(window.clone());

    let (state, refused) = link::read(&page);

    let ticker = Ticker::new(&window);
    let app = Rc::new(RefCell::new(App::new(page, Rc::clone(&ticker), &state, refused)));
    let shared = Rc::clone(&app);
    ticker.start(move |now_ms| {
        let next = with(&shared, |app| app.frame(now_ms));
        match next {
            Some(Next::Frame) => with(&shared, |app| app.ticker.wake()).unwrap_or_default(),
            Some(Next::Open) => spawn_local(open(Rc::clone(&shared))),
            Some(Next::Rest) | None => {}
        }
    });
    // The page lives as long as its listeners, and they as long as the page.
    let mut listeners = vec![];
    wire_buttons(&app, &mut listeners);
    wire_share(&app, &mut listeners);
    wire_sliders(&app, &mut listeners);
    wire_settings(&app, &mut listeners);
    wire_pad(&app, &mut listeners);
    bring::wire(&app, &mut listeners);
    target::wire(&app, &mut listeners);
    wire_window(&app, &mut listeners);
    wire_speed(&app, &mut listeners);
    std::mem::forget(listeners);
    watch_size(&app);
    ticker.wake();

    spawn_local(begin(app, state.source, state.target));
}

/// Between two tasks of the start, milliseconds.
const PAUSE_MS: i32 = 20;
/// A drawing from a link is drawn for so long at a time, milliseconds.
const REPLAY_MS: f64 = 20.0;

/// Loads the first source, opens the first device, and draws the presets: each a task of its own, so that the page
/// answers in between.
async fn begin(app: Shared, source: Source, target: Target) {
    let window = app.borrow().page.window.clone();
    pause(&window, PAUSE_MS).await;
    let [kept_source, kept_target] = link::kept(&app.borrow().page);
    let target = match (target, kept_target) {
        (Target::Other(target), _) => Some(replay(&window, target).await),
        (Target::Normal, kept) => kept.map(brought),
    };
    if let Some(target) = target {
        with(&app, |app| app.start_to(&target));
        pause(&window, PAUSE_MS).await;
    }
    let drawing = match kept_source {
        Some(import) => brought(import),
        None => replay(&window, source).await,
    };
    with(&app, |app| app.start(drawing));
    pause(&window, PAUSE_MS).await;
    spawn_local(open(Rc::clone(&app)));
    for preset in Preset::ALL {
        pause(&window, PAUSE_MS).await;
        let values = preset.on_lattice(&Lattice::centred(VIEW, THUMBNAIL_SIDE as usize));
        with(&app, |app| app.add_thumbnail(&values));
    }
}

/// What was brought, on a pad of its own.
fn brought(import: Import) -> Drawing {
    let mut drawing = Drawing::default();
    drawing.place(import);
    drawing
}

/// What a link holds, drawn on a pad of its own.
async fn replay(window: &Window, source: Source) -> Drawing {
    let sketch = match source {
        Source::Preset(preset) => Sketch { ground: Some(preset), strokes: vec![] },
        Source::Drawing(sketch) => sketch,
    };
    // A long drawing takes seconds: a part at a time.
    let mut replay = Replay::new(sketch);
    let clock = || window.performance().map_or(0.0, |performance| performance.now());
    loop {
        let start = clock();
        if replay.advance(|| clock() - start > REPLAY_MS) {
            break;
        }
        pause(window, PAUSE_MS).await;
    }
    replay.into_drawing()
}

/// Runs `act` on the state, unless a fault has left it unusable.
pub(crate) fn with<T>(app: &Shared, act: impl FnOnce(&mut App) -> T) -> Option<T> {
    app.try_borrow_mut().ok().map(|mut app| act(&mut app))
}

/// Opens a device, the first or another, or else a worker.
async fn open(app: Shared) {
    let (window, canvas, choice, is_for_processor) = {
        let state = app.borrow();
        (state.page.window.clone(), state.page.flow.clone(), state.choice, state.target.other.is_some())
    };
    let device = match device(&window, &canvas, choice).await {
        Ok(_) if is_for_processor => Err(Why::Target),
        device => device,
    };
    match device {
        Ok((gpu, stage)) => {
            with(&app, |app| app.compute_on(&gpu, stage));
            let name = capability::adapter_name(&window).await;
            with(&app, |app| {
                if let Some(Backend::Gpu(_)) = app.run {
                    app.readout.name_adapter(&gpu, name);
                }
            });
        }
        Err(why) => _ = with(&app, |app| app.compute_in_worker(why)),
    }
}

/// A device that draws on `canvas`, unless the processor shall compute.
async fn device(window: &Window, canvas: &HtmlCanvasElement, choice: Choice) -> Result<(Gpu, Stage), Why> {
    if choice == Choice::Cpu {
        return Err(Why::Asked);
    }
    capability::probe(window)?;
    let adapter = Adapter::find().await?;
    if choice == Choice::Auto && adapter.is_software() {
        return Err(Why::Software(capability::adapter_name(window).await.unwrap_or_else(|| "without a name".into())));
    }
    Ok(Stage::open(adapter, canvas).await?)
}

fn wire_buttons(app: &Shared, listeners: &mut Vec<Listener>) {
    let state = app.borrow();
    let controls = &state.controls;
    let mut actions: Vec<(&HtmlElement, Action)> = vec![
        (&controls.draw, Action::Tool(Tool::Draw)),
        (&controls.erase, Action::Tool(Tool::Erase)),
        (&controls.undo, Action::Undo),
        (&controls.redo, Action::Redo),
        (&controls.clear, Action::Clear),
        (&controls.train, Action::Train),
        (&controls.step, Action::Step),
        (&controls.reset, Action::Reset),
        (&controls.play, Action::Play),
        (&controls.theme, Action::Theme),
        (&controls.help, Action::Help),
        (&controls.learned, Action::Show(View::Learned)),
        (&controls.exact, Action::Show(View::Exact)),
        (&controls.difference, Action::Show(View::Difference)),
        (&controls.both, Action::Redraw),
        (&controls.arrows, Action::Redraw),
        (&controls.quadrature, Action::Recipe(Recipe::Quadrature)),
        (&controls.paper, Action::Recipe(Recipe::MonteCarlo)),
        (&controls.settings.default_values, Action::Values(Recipe::Quadrature)),
        (&controls.settings.paper_values, Action::Values(Recipe::MonteCarlo)),
    ];
    actions.extend(controls.presets.iter().map(|preset| (preset.button.as_ref(), Action::Preset(preset.preset))));
    actions.extend(controls.stills.iter().zip(STILLS).map(|(still, time)| (still.as_ref(), Action::Time(time))));
    for (element, action) in actions {
        let app = Rc::clone(app);
        listeners.push(Listener::new(element, "click", move |_: Event| {
            with(&app, |app| app.act(action));
        }));
    }
}

/// Copies the link while the browser still knows that the person asked for it.
fn wire_share(app: &Shared, listeners: &mut Vec<Listener>) {
    let button = app.borrow().controls.share.clone();
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&button, "click", move |_: Event| {
        let Some((link, window)) = with(&shared, |app| (app.write_link(), app.page.window.clone())) else { return };
        match link {
            Ok(link) => {
                // There is none where the page does not come over https or from localhost.
                let clipboard = window.navigator().clipboard();
                let copying = (!clipboard.is_undefined()).then(|| clipboard.write_text(&link));
                let shared = Rc::clone(&shared);
                spawn_local(async move {
                    let copied = match copying {
                        Some(copying) => JsFuture::from(copying).await.is_ok(),
                        None => false,
                    };
                    with(&shared, |app| app.shared(&link, copied));
                });
            }
            Err(sentence) => _ = with(&shared, |app| app.tell(sentence)),
        }
    }));
}

/// A box of the settings that changes is read with all the others.
fn wire_settings(app: &Shared, listeners: &mut Vec<Listener>) {
    let fields = app.borrow().controls.settings.fields.clone();
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&fields, "change", move |_: Event| {
        with(&shared, App::settings_changed);
    }));
}

/// Each slider follows its number box, and the other way round; what a slider sets differs.
fn wire_sliders(app: &Shared, listeners: &mut Vec<Listener>) {
    use crate::controls::{Controls, Slider};
    type Which = fn(&Controls) -> &Slider;
    type Change = fn(&mut App, f64);
    let brush: [Which; 2] = [|controls| &controls.size, |controls| &controls.softness];
    let mut sliders: Vec<(Which, Change)> =
        vec![(|controls| &controls.epsilon, App::set_epsilon), (|controls| &controls.time, App::set_time)];
    sliders.extend(brush.map(|which| (which, (|app, _| app.brush_changed()) as Change)));
    for (which, change) in sliders {
        let (range, field) = {
            let state = app.borrow();
            let slider = which(&state.controls);
            slider.set(slider.range_value());
            (slider.range.clone(), slider.field.clone())
        };
        let shared = Rc::clone(app);
        listeners.push(Listener::new(&range, "input", move |_: Event| {
            with(&shared, |app| {
                let value = which(&app.controls).range_value();
                which(&app.controls).set(value);
                change(app, value);
            });
        }));
        let shared = Rc::clone(app);
        listeners.push(Listener::new(&field, "change", move |_: Event| {
            with(&shared, |app| {
                // What is no number goes back to the value it was.
                let slider = which(&app.controls);
                let value = slider.field_value().unwrap_or_else(|| slider.range_value());
                slider.set(value);
                change(app, value);
            });
        }));
    }
    let state = app.borrow();
    state.controls.epsilon.set(state.config.epsilon);
    state.controls.time.set(state.time);
}

/// One button measures, and stops it.
fn wire_speed(app: &Shared, listeners: &mut Vec<Listener>) {
    let button = app.borrow().speed.button.clone();
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&button, "click", move |_: Event| {
        if let Some(stop) = with(&shared, App::measure_or_stop).flatten() {
            spawn_local(speed::measure(Rc::clone(&shared), stop));
        }
    }));
}

fn wire_pad(app: &Shared, listeners: &mut Vec<Listener>) {
    let pad = app.borrow().page.pad.clone();
    let target: EventTarget = pad.clone().into();

    let (shared, canvas) = (Rc::clone(app), pad.clone());
    listeners.push(Listener::new(&target, "pointerdown", move |event: PointerEvent| {
        // Button 5 is the eraser end of a pen.
        if !event.is_primary() || !matches!(event.button(), 0 | 5) {
            return;
        }
        // A pointer that is gone already cannot be captured, and need not be.
        _ = canvas.set_pointer_capture(event.pointer_id());
        let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
        with(&shared, |app| app.pen_down(event.pointer_id(), x, y, event.button() == 5));
    }));

    let shared = Rc::clone(app);
    listeners.push(Listener::new(&target, "pointermove", move |event: PointerEvent| {
        let points = points(&event);
        with(&shared, |app| app.pen_moved(event.pointer_id(), &points));
    }));

    for kind in ["pointerup", "pointercancel", "lostpointercapture"] {
        let shared = Rc::clone(app);
        listeners.push(Listener::new(&target, kind, move |event: PointerEvent| {
            with(&shared, |app| app.pen_up(event.pointer_id()));
        }));
    }
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&target, "pointerleave", move |_: PointerEvent| {
        with(&shared, |app| app.pointer_left());
    }));

    // A pointer that draws does not take the focus: the keys stay those of the page.
    let document = app.borrow().page.document.clone();
    listeners.push(Listener::new(&target, "mousedown", move |event: Event| {
        event.prevent_default();
        if let Some(active) = document.active_element().and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            _ = active.blur();
        }
    }));
    let (shared, canvas) = (Rc::clone(app), pad);
    listeners.push(Listener::new(&target, "focus", move |_: Event| {
        if canvas.matches(":focus-visible").unwrap_or(true) {
            with(&shared, |app| app.pad_focused());
        }
    }));
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&target, "blur", move |_: Event| {
        with(&shared, App::pad_left);
    }));
}

/// Where a pointer was since the last event: all the places the browser knows, so that a fast stroke stays round.
fn points(event: &PointerEvent) -> Vec<[f64; 2]> {
    let at = |event: &PointerEvent| [f64::from(event.client_x()), f64::from(event.client_y())];
    // Older browsers do not know of more places, and events made by scripts have none.
    if !js_sys::Reflect::has(event, &"getCoalescedEvents".into()).unwrap_or(false) {
        return vec![at(event)];
    }
    let places: Vec<_> = event.get_coalesced_events().iter().map(|event| at(event.unchecked_ref())).collect();
    if places.is_empty() { vec![at(event)] } else { places }
}

fn wire_window(app: &Shared, listeners: &mut Vec<Listener>) {
    let (window, document) = {
        let state = app.borrow();
        (state.page.window.clone(), state.page.document.clone())
    };
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&document, "keydown", move |event: KeyboardEvent| {
        with(&shared, |app| {
            let focus = keys::focus(&app.page.document, &app.page.pad);
            if focus == Focus::Pad
                && let Some(key) = keys::pad_key(&event)
            {
                event.prevent_default();
                app.pad_key(key);
            } else if let Some(action) = keys::action(&event, focus) {
                event.prevent_default();
                app.act(action);
            }
        });
    }));

    // Nothing runs while nobody can see it; then it goes on.
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&document, "visibilitychange", move |_: Event| {
        with(&shared, App::visibility_changed);
    }));

    // A link that differs in its drawing alone is no other page to the browser.
    let location = window.location();
    listeners.push(Listener::new(&window, "hashchange", move |_: Event| _ = location.reload()));

    // An error that is no panic leaves the state borrowed: say so.
    let shared = Rc::clone(app);
    listeners.push(Listener::new(&window, "error", move |_: Event| {
        if shared.try_borrow_mut().is_err() {
            stop(&document, &capability::fault());
        }
    }));

    let schemes = window.match_media("(prefers-color-scheme: dark)").ok().flatten();
    if let Some(schemes) = schemes {
        let shared = Rc::clone(app);
        listeners.push(Listener::new::<Event>(schemes.unchecked_ref::<MediaQueryList>(), "change", move |_| {
            with(&shared, App::theme_changed);
        }));
    }
}

/// Keeps the pixels of the flow's canvas those of the screen.
fn watch_size(app: &Shared) {
    let shared = Rc::clone(app);
    let callback = Closure::<dyn FnMut(Vec<ResizeObserverEntry>)>::new(move |entries: Vec<ResizeObserverEntry>| {
        if let Some(entry) = entries.last() {
            with(&shared, |app| {
                let side = side_in_pixels(entry, app.page.window.device_pixel_ratio());
                app.resized(side);
            });
        }
    });
    // Its frame, since the canvas may be replaced by another.
    let frame = app.borrow().page.flow.parent_element().expect("the canvas has a frame");
    let observer = ResizeObserver::new(callback.as_ref().unchecked_ref()).expect("a resize observer can be made");
    if gives_device_pixels() {
        let options = ResizeObserverOptions::new();
        options.set_box(ResizeObserverBoxOptions::DevicePixelContentBox);
        observer.observe_with_options(&frame, &options);
    } else {
        observer.observe(&frame);
    }
    // It observes as long as the page lives.
    callback.forget();
    std::mem::forget(observer);
}

fn gives_device_pixels() -> bool {
    let entry = js_sys::Reflect::get(&js_sys::global(), &"ResizeObserverEntry".into());
    let prototype = entry.and_then(|entry| js_sys::Reflect::get(&entry, &"prototype".into()));
    prototype.is_ok_and(|prototype| {
        js_sys::Reflect::has(&prototype, &JsValue::from("devicePixelContentBoxSize")).unwrap_or(false)
    })
}

fn side_in_pixels(entry: &ResizeObserverEntry, ratio: f64) -> u32 {
    let side = if gives_device_pixels() {
        let size: ResizeObserverSize = entry.device_pixel_content_box_size().get(0).unchecked_into();
        size.inline_size()
    } else {
        entry.content_rect().width() * ratio
    };
    side.round() as u32
}
