//! x
use crate::harness::*;
both! {
    async fn signup_and_login(app: TestApp) {
        let mut one = app.signup("ana@x.test").await;
        let a = one.me().await;
        let mut two = app.login("ana@x.test").await;
        assert_eq!(a["sub"], two.me().await["sub"]);
        app.enter(&mut two, APP).await;
        println!("{}", two.user(APP).await.text());
    }
}
