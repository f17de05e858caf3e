use larkwire::async_std::AsyncStd;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    async_std::task::block_on(async {
        let config = Config::new(std::env::var("LARK_APP_ID")?, std::env::var("LARK_APP_SECRET")?);
        let router = Router::builder().on(echo).build()?;
        Err(Bot::new(config, router).run_on(AsyncStd).await.into())
    })
}
